import type { MilliwattHours } from '../energy/energy.ts';
import type { EnergyBucket, EnergySeries } from '../energy/energy-series.ts';
import { type EpochMillis, MINUTE } from '../time/time.ts';

/** Below this share of the other side's energy practically none flows: a charger on standby draws some watts. */
const MAX_IDLE_SHARE = 0.05;
/** Less DC than this is not taken for charging elsewhere: the edge of a session, a clock that is a minute off. */
const MIN_SHARE = 0.05;
const MIN_ENERGY: MilliwattHours = 100_000;
/** With more AC that arrives nowhere than this share, the meter feeds another vehicle. */
const MAX_AC_WITHOUT_DC = 0.2;

/**
 * The buckets in which DC arrived while the linked meters reported next to no AC, because the vehicle charged elsewhere;
 * none when the two do not belong together at all. Buckets without a reading of the meters are left alone.
 */
export function bucketsWithoutAc(ac: EnergySeries, dc: EnergySeries): EnergySeries {
  const drawn = energies(ac);
  const lonely = dc.filter((bucket) => bucket.energy > 0 && drawn.has(bucket.start) && isAlone(bucket, drawn));
  const energy = sum(lonely);
  if (energy < MIN_ENERGY || energy < sum(dc) * MIN_SHARE) return [];
  const delivered = energies(dc);
  const nowhere = ac.filter((bucket) => bucket.energy > 0 && delivered.has(bucket.start) && isAlone(bucket, delivered));
  return sum(nowhere) <= sum(ac) * MAX_AC_WITHOUT_DC ? lonely : [];
}

/** Whether the other side had next to nothing then. Devices do not start their minutes in step, so neighbours count. */
function isAlone({ start, energy }: EnergyBucket, others: ReadonlyMap<EpochMillis, MilliwattHours>): boolean {
  const near = [start - MINUTE, start, start + MINUTE].map((at) => others.get(at) ?? 0);
  return Math.max(...near) <= energy * MAX_IDLE_SHARE;
}

function energies(series: EnergySeries): ReadonlyMap<EpochMillis, MilliwattHours> {
  return new Map(series.map(({ start, energy }) => [start, energy]));
}

export function sum(series: EnergySeries): MilliwattHours {
  return series.reduce((total, { energy }) => total + energy, 0);
}
