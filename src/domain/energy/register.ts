import { HOUR, MINUTE, type Millis } from '../time/time.ts';
import type { MilliwattHours } from './energy.ts';
import type { EnergyBucket, EnergySeries } from './energy-series.ts';

/** The strongest chargers deliver some 360 kW. */
const MAX_CHARGED_PER_MINUTE: MilliwattHours = 6_000_000;

/**
 * Whether a reading carries more than any charger delivers in the time since the reading before, however long that was:
 * a counter, or an amount of something else.
 */
export function exceedsAnyCharger(series: EnergySeries, width: Millis): boolean {
  return series.some(({ start, readings, max }, i) => {
    const before = series[i - 1];
    if (before === undefined && readings < 2) return false; // nothing is known of the time before
    const silence = before === undefined ? 0 : start - before.start - width;
    const minutes = Math.max(1, (width / readings + silence) / MINUTE);
    return max > MAX_CHARGED_PER_MINUTE * minutes;
  });
}

/** Fewer buckets than this, or readings, are no evidence of a climb: that few rising values can be chance. */
const MIN_CLIMB_BUCKETS = 3;
const MIN_CLIMB_READINGS = 6;
/** What a counter gains while a car charges at 1 kW, which is little. */
const MIN_CLIMB_PER_HOUR: MilliwattHours = 1_000_000;
/** Charging power that climbs reaches 60 kW within minutes or not at all. */
const MAX_CLIMBED_PER_MINUTE: MilliwattHours = 1_000_000;

/** A climb: how much the values gained, and where they ended. */
interface Climb {
  readonly gained: MilliwattHours;
  readonly reached: MilliwattHours;
}

/**
 * Where values climb as a counter does while a car charges: most buckets rise, none falls, and they gain what would be
 * charging power if they were a counter. If they were energies, the *power* would climb by a kilowatt a minute, for many
 * minutes. A counter that starts again, as that of a session does, climbs from there anew.
 */
export function climbsIn(series: EnergySeries): readonly Climb[] {
  const parts = withoutFalls(series).map(risingPart).filter(isClimb);
  return parts.map((part) => {
    const [first, last] = [part[0] as EnergyBucket, part.at(-1) as EnergyBucket];
    return { gained: last.max - first.max, reached: last.max };
  });
}

/** Whether a climb went on beyond charging power that climbs: it is a counter, whatever the other side says. */
export function isBeyondPower({ reached }: Pick<Climb, 'reached'>): boolean {
  return reached > MAX_CLIMBED_PER_MINUTE;
}

function isClimb(part: EnergySeries): boolean {
  const [first, last] = [part[0], part.at(-1)];
  const readings = part.reduce((sum, bucket) => sum + bucket.readings, 0);
  if (first === undefined || last === undefined || part.length < MIN_CLIMB_BUCKETS || readings < MIN_CLIMB_READINGS) {
    return false;
  }
  if (risesIn(part) * 2 <= part.length) return false;
  const hours = (last.start - first.start) / HOUR;
  return last.max - first.max >= MIN_CLIMB_PER_HOUR * hours;
}

/** A counter that is constant for most of the time, like a parked vehicle's, must still rise this often. */
const MIN_RISES = 3;
/** Its lowest value is at least this share of its highest; an idle charger never gets there. */
const MIN_FLOOR = 0.1;
const MIN_LEVEL_BUCKETS = 6;

/**
 * Whether values stand high, never fall and rise now and then, as a counter does. Charging power can do so, too, so this
 * is evidence only if the other side of the charger contradicts it.
 */
export function standsLikeCounter(series: EnergySeries): boolean {
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined || series.length < MIN_LEVEL_BUCKETS) return false;
  if (withoutFalls(series).length > 1) return false;
  return risesIn(series) >= MIN_RISES && first.min >= last.max * MIN_FLOOR;
}

/** The series cut wherever a value falls. */
function withoutFalls(series: EnergySeries): EnergySeries[] {
  const parts: EnergyBucket[][] = [];
  let before: EnergyBucket | undefined;
  for (const bucket of series) {
    if (before === undefined || bucket.min < before.max) parts.push([]);
    parts.at(-1)?.push(bucket);
    before = bucket;
  }
  return parts;
}

/** From the bucket before the first rise to the last rise. */
function risingPart(part: EnergySeries): EnergySeries {
  const rises = part.flatMap((_, i) => (isRise(part, i) ? [i] : []));
  const [first, last] = [rises[0], rises.at(-1)];
  return first === undefined || last === undefined ? [] : part.slice(first - 1, last + 1);
}

function risesIn(part: EnergySeries): number {
  return part.filter((_, i) => isRise(part, i)).length;
}

function isRise(part: EnergySeries, i: number): boolean {
  const before = part[i - 1];
  return before !== undefined && (part[i] as EnergyBucket).max > before.max;
}
