import { type EnergySeries, energyByStart, seriesWithin, sumOfSeries } from '../energy/energy-series.ts';
import { MIN_LONE_DC } from '../energy/lone-energy.ts';
import { hoursOfDoubt } from '../energy/register.ts';
import { type EpochMillis, HOUR, MINUTE, type Millis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';
import type { DiagnosisSpan } from './diagnosis-span.ts';

/** The energy on both sides, over the same time and in the same buckets. */
export interface SpreadEnergy {
  /** One series per linked meter, without buckets outside its links. */
  readonly meters: readonly EnergySeries[];
  readonly vehicle: EnergySeries;
}

/** Some hours of a span in hours, by the minute and with some minutes around each. */
export interface CloseUp extends SpreadEnergy {
  /** Their starts. */
  readonly hours: ReadonlySet<EpochMillis>;
}

/** Sessions end, and meters count in steps, a while before or after the full hour. */
const CLOSE_UP_MARGIN: Millis = 15 * MINUTE;
/** Of the hours that might show a register, the latest ones are enough: a device does not change its habits often. */
const MAX_HOURS_PER_DEVICE = 6;
/** Bounds the work on one vehicle: a day of charging. */
const MAX_CLOSE_UP_HOURS = 24;
/** An hour with a higher DC / AC may hold DC from elsewhere: hardly any charger passes on more. */
const MAX_PLAUSIBLE_SHARE = 0.97;

/** The time that a close-up of an hour covers. */
export function closeUpOf(hour: EpochMillis): TimeWindow {
  return { from: hour - CLOSE_UP_MARGIN, to: hour + HOUR + CLOSE_UP_MARGIN };
}

/**
 * The hours of a span that must be seen by the minute, oldest first; none of a span in minutes. With `countsMoreDc`, DC
 * flowed in more minutes than AC did, so that every hour with DC may hold some from elsewhere.
 */
export function hoursToSee(span: DiagnosisSpan, spread: SpreadEnergy, countsMoreDc: boolean): readonly EpochMillis[] {
  if (span.width === MINUTE) return [];
  const [vehicle, ...meters] = [spread.vehicle, ...spread.meters].map((series) => seriesWithin(series, span.judged));
  const drawn = energyByStart(sumOfSeries(meters));
  const isMixed = (ac: number | undefined, dc: number) =>
    ac !== undefined && dc >= MIN_LONE_DC && (countsMoreDc || dc > ac * MAX_PLAUSIBLE_SHARE);
  const mixed = (vehicle ?? []).filter(({ start, energy }) => isMixed(drawn.get(start), energy));
  const doubtful = [vehicle ?? [], ...meters].flatMap((series) => hoursOfDoubt(series, MAX_HOURS_PER_DEVICE));
  const hours = new Set([...mixed.map(({ start }) => start), ...doubtful]);
  return [...hours].sort((a, b) => a - b).slice(-MAX_CLOSE_UP_HOURS);
}
