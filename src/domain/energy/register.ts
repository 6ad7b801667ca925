import { type EpochMillis, HOUR, MINUTE, type Millis } from '../time/time.ts';
import { contains, type TimeWindow } from '../time/time-window.ts';
import type { MilliwattHours } from './energy.ts';
import { type EnergyBucket, type EnergySeries, ratio, similarity } from './energy-series.ts';

/** The most that a charger delivers in a minute: 360 kW. More cannot be the energy since the previous reading. */
const MAX_ENERGY_PER_MINUTE: MilliwattHours = 6_000_000;

/** Fewer rises than this are no evidence of a register: that few rising values can be chance. */
const MIN_RISES = 6;
/** A register falls when it is reset only. Where every fifth change is a fall, power varies. */
const MIN_RISES_PER_FALL = 5;
/** A fall to less than this share of the value before may be a reset; a smaller one is a change of power. */
const MAX_RESET_SHARE = 0.5;

/** A climb by more than 45 kW, as power: no AC charger gets there, and a DC charger takes seconds, not minutes. */
const MIN_CLIMB: MilliwattHours = 750_000;
/** A soft start takes some minutes; fewer rises than this may be one. */
const MIN_CLIMB_RISES = 13;
/** The energy of a minute of charging at 0.5 kW: what a register climbs by at least, each minute, while charging. */
const MIN_CLIMB_PER_MINUTE: MilliwattHours = 8_333;

/** Whether DC / AC is what a charger may have, even a bad one. */
const isEfficiency = (value: number) => value >= 0.4 && value <= 1.1;
/** How similar the increments of a register are to the energy on the other side at least, */
const MIN_SIMILARITY = 0.8;
/** and how much less similar than the values they may be: a high register is nearly as constant as charging power. */
const SIMILARITY_TOLERANCE = 0.02;

/** A device's series and the series on the other side of the charger. */
export interface Sides {
  readonly series: EnergySeries;
  readonly other: EnergySeries;
  /** The side of the device. */
  readonly current: 'ac' | 'dc';
}

/**
 * Whether a device sends a cumulative counter, which may be reset, instead of the energy since its previous reading.
 * A counter rises and hardly ever falls, but so does a smooth ramp of the charging power. They differ in what the
 * numbers mean: a counter's increments match the energy on the other side while its values are out of all proportion to
 * it; and a counter climbs, minute by minute, by as much energy as charging takes, to values that no ramp has.
 */
export function isRegister({ series, other, current }: Sides): boolean {
  const { rises, falls, increments, climbs } = changesOf(series);
  if (rises < MIN_RISES || falls * MIN_RISES_PER_FALL > rises) return false;
  if (climbs.some(isOfCounter)) return true;
  const [asCounter, asAmounts] = [increments, series].map((own) => {
    const [ac, dc] = current === 'ac' ? [own, other] : [other, own];
    return { efficiency: ratio(ac, dc), similarity: similarity(ac, dc) };
  }) as [Match, Match];
  return (
    isEfficiency(asCounter.efficiency) &&
    !isEfficiency(asAmounts.efficiency) &&
    asCounter.similarity >= Math.max(MIN_SIMILARITY, asAmounts.similarity - SIMILARITY_TOLERANCE)
  );
}

/** How well one meaning of a device's values matches the energy on the other side. */
interface Match {
  readonly efficiency: number;
  readonly similarity: number;
}

/** What happens from bucket to bucket. */
interface Changes {
  readonly rises: number;
  readonly falls: number;
  /** The increments, in the buckets that do not begin with a reset. */
  readonly increments: EnergySeries;
  /** The climbs between resets. */
  readonly climbs: readonly Climb[];
}

interface Climb {
  energy: MilliwattHours;
  /** The largest rise. */
  largest: MilliwattHours;
  rises: number;
  /** The time that the rises took. */
  minutes: number;
}

function changesOf(series: EnergySeries): Changes {
  const increments: EnergyBucket[] = [];
  let climb: Climb = { energy: 0, largest: 0, rises: 0, minutes: 0 };
  const climbs = [climb];
  let [rises, falls] = [0, 0];
  for (const [before, now] of pairs(series)) {
    const elapsed = now.start - before.start;
    const hasFallen = now.min < before.max;
    if (hasFallen) falls++;
    if (hasFallen || elapsed > HOUR) {
      climb = { energy: 0, largest: 0, rises: 0, minutes: 0 };
      climbs.push(climb);
      continue;
    }
    const energy = now.max - before.max;
    increments.push({ ...now, energy });
    if (energy === 0) continue;
    rises++;
    climb.energy += energy;
    climb.largest = Math.max(climb.largest, energy);
    climb.rises++;
    climb.minutes += elapsed / MINUTE;
  }
  return { rises, falls, increments, climbs };
}

/** The largest rise does not count: it may be the beginning of a session. */
function isOfCounter({ energy, largest, rises, minutes }: Climb): boolean {
  const climbed = energy - largest;
  const isHigh = climbed >= (MIN_CLIMB * minutes) / rises; // as power: divided by the minutes per reading
  return rises >= MIN_CLIMB_RISES && isHigh && climbed >= MIN_CLIMB_PER_MINUTE * minutes;
}

/**
 * Whether a device reports, in the window, power that no charger delivers: in buckets of a minute by a single reading,
 * as two readings may share a minute; in hours by all of them. The first bucket is ignored, since nobody knows when its
 * energy began to flow.
 */
export function exceedsAnyCharger(series: EnergySeries, width: Millis, window: TimeWindow): boolean {
  return pairs(series).some(([before, now]) => {
    if (!contains(window, now.start)) return false;
    const reported = width === MINUTE ? now.max : now.energy;
    return reported > (MAX_ENERGY_PER_MINUTE * (now.start - before.start)) / MINUTE;
  });
}

/**
 * The latest hours, at most `limit`, that show by the minute whether a device sends a register or impossible power;
 * none when the hours rule it out. A register that is reset within an hour continues in the next one; a varying power falls
 * by a little from hour to hour.
 */
export function hoursOfDoubt(hours: EnergySeries, limit: number): readonly EpochMillis[] {
  const isReset = (hour: EnergyBucket, before?: EnergyBucket) =>
    before !== undefined && hour.min < before.max * MAX_RESET_SHARE;
  // After a reset within an hour, nobody knows the value at its end.
  const varies = pairs(hours).some(([before, now], i) => {
    return now.min < before.max && !isReset(now, before) && !isReset(before, hours[i - 1]);
  });
  const isDoubtful = ({ min, max }: EnergyBucket, before = min) =>
    max > MAX_ENERGY_PER_MINUTE || (!varies && (max > min || max > before));
  return hours
    .filter((hour, i) => isDoubtful(hour, hours[i - 1]?.max))
    .slice(-limit)
    .map(({ start }) => start);
}

function pairs(series: EnergySeries): [EnergyBucket, EnergyBucket][] {
  return series.slice(1).map((now, i) => [series[i] as EnergyBucket, now]);
}
