import type { MilliwattHours } from '../energy/energy.ts';
import {
  clockLag,
  type EnergySeries,
  isOutOfStep,
  seriesWithin,
  similarity,
  sumOfSeries,
} from '../energy/energy-series.ts';
import { climbsIn, exceedsAnyCharger, isBeyondPower, standsLikeCounter } from '../energy/register.ts';
import { DAY, HOUR, MINUTE, type Millis } from '../time/time.ts';
import { alignOutward, type TimeWindow } from '../time/time-window.ts';
import { bucketsWithoutAc, sum } from './dc-without-ac.ts';
import { efficiency, isImplausible } from './efficiency.ts';

/** A fault in the data behind an efficiency, recognized from how the energy is spread over time. */
export type DataCause = 'energy-looks-like-a-register' | 'clock-offset' | 'more-dc-than-ac';

/** The buckets in which a window is examined. */
export interface DiagnosisSpan {
  /** The part of the window that is judged, in whole buckets. */
  readonly judged: TimeWindow;
  /** `judged` extended by `maxLag` at both ends: a wrong clock may have put readings of the window there. */
  readonly seen: TimeWindow;
  readonly width: Millis;
  readonly maxLag: Millis;
}

/** Windows up to this length are examined by the minute, longer ones by the hour. */
const MAX_SPAN_BY_MINUTE: Millis = 6 * HOUR;
/** Of a longer window than this only the end is examined: a lasting cause shows there too. */
const MAX_SPAN_BY_HOUR: Millis = 31 * DAY;

export function diagnosisSpan(window: TimeWindow): DiagnosisSpan {
  const byMinute = window.to - window.from <= MAX_SPAN_BY_MINUTE;
  const [width, maxLag] = byMinute ? [MINUTE, 3 * HOUR] : [HOUR, 12 * HOUR];
  const { from, to } = alignOutward(window, width);
  const judged = { from: Math.max(from, to - MAX_SPAN_BY_HOUR), to };
  return { judged, seen: { from: judged.from - maxLag, to: to + maxLag }, width, maxLag };
}

/** The data behind an efficiency: how the energy is spread over time. */
export interface Spread {
  readonly lossThreshold: number;
  readonly span: DiagnosisSpan;
  /** One series per linked meter over `span.seen`, without buckets outside its links. */
  readonly meters: readonly EnergySeries[];
  /** The vehicle's series over `span.seen`. */
  readonly vehicle: EnergySeries;
}

/** What the spread of the energy shows. */
export interface Diagnosis {
  /** The fault in the data, if any: then the efficiency means nothing. */
  readonly cause?: DataCause;
  /** DC that arrived while the linked meters drew nothing: the vehicle charged elsewhere. It is in no efficiency. */
  readonly dcWithoutAc: MilliwattHours;
}

/**
 * Looks for a fault in the data, whatever the efficiency is: two wrong sides can add up to one that looks fine. A register
 * spoils every comparison, so it is checked first; a wrong clock also shows as more DC than AC, so it is checked second.
 */
export function diagnose({ lossThreshold, span, meters, vehicle }: Spread): Diagnosis {
  const { judged, width, maxLag } = span;
  if (
    hasRegister(meters, vehicle, width) ||
    hasRegister(within(meters, judged), seriesWithin(vehicle, judged), width)
  ) {
    return { cause: 'energy-looks-like-a-register', dcWithoutAc: 0 };
  }
  const ac = sumOfSeries(meters);
  const [acJudged, dcJudged] = [seriesWithin(ac, judged), seriesWithin(vehicle, judged)];
  const elsewhere = bucketsWithoutAc(acJudged, dcJudged);
  const home = elsewhere.length === 0 ? dcJudged : dcJudged.filter((bucket) => !elsewhere.includes(bucket));
  if (elsewhere.length > 0 && !isOutOfStep(acJudged, home)) {
    return { ...excess(acJudged, home), dcWithoutAc: sum(elsewhere) };
  }
  if (clockLag(ac, vehicle, { width, maxLag, minEfficiency: lossThreshold }) !== undefined) {
    return { cause: 'clock-offset', dcWithoutAc: 0 };
  }
  if (isOutOfStep(acJudged, dcJudged)) return { cause: 'more-dc-than-ac', dcWithoutAc: 0 };
  return { ...excess(acJudged, dcJudged), dcWithoutAc: 0 };
}

function excess(ac: EnergySeries, dc: EnergySeries): Pick<Diagnosis, 'cause'> {
  return isImplausible(efficiency(sum(ac), sum(dc))) ? { cause: 'more-dc-than-ac' } : {};
}

function within(all: readonly EnergySeries[], window: TimeWindow): EnergySeries[] {
  return all.map((series) => seriesWithin(series, window));
}

/** AC and DC of the same charging have the same shape, */
const MIN_SHAPE_SIMILARITY = 0.97;
/** and DC / AC between these, even with a large loss and inexact devices. */
const [MIN_RATIO, MAX_RATIO] = [0.25, 1.5];
/** A counter gains what was charged: the other side has at least this share of it. */
const MIN_MATCHING_SHARE = 0.3;

/**
 * Whether a device sends a counter instead of energies. What climbs beyond any charging power is one. Anything less is
 * judged by the other side of the charger: charging power may climb, too, but then both sides climb in proportion.
 */
function hasRegister(meters: readonly EnergySeries[], vehicle: EnergySeries, width: Millis): boolean {
  const all = [...meters, vehicle];
  if (all.some((series) => exceedsAnyCharger(series, width) || climbsIn(series).some(isBeyondPower))) return true;
  const ac = sumOfSeries(meters);
  if (areInProportion(ac, vehicle)) return false;
  const isRegister = (series: EnergySeries, other: EnergySeries) => {
    const gained = climbsIn(series).reduce((total, climb) => total + climb.gained, 0);
    return standsLikeCounter(series) || (gained > 0 && sum(other) >= gained * MIN_MATCHING_SHARE);
  };
  return meters.some((meter) => isRegister(meter, vehicle)) || isRegister(vehicle, ac);
}

function areInProportion(ac: EnergySeries, dc: EnergySeries): boolean {
  const ratio = efficiency(sum(ac), sum(dc)) ?? Infinity;
  return ratio >= MIN_RATIO && ratio <= MAX_RATIO && similarity(ac, dc) >= MIN_SHAPE_SIMILARITY;
}

/** The stretch of a window that is looked at by the minute when hours may hide a counter. */
const CLOSE_LOOK: Millis = 3 * HOUR;

/**
 * The hours around the largest reading, when the series by the hour could be those of counters that start again within
 * an hour; `undefined` when they are in proportion and no reading is larger than charging power.
 */
export function closeLook({ span, meters, vehicle }: Spread): TimeWindow | undefined {
  const { judged, width } = span;
  if (width < HOUR) return undefined;
  const buckets = [...within(meters, judged), seriesWithin(vehicle, judged)].flat();
  const largest = buckets.reduce((a, b) => (b.max > a.max ? b : a), { max: 0, start: judged.from });
  const isPower = !isBeyondPower({ reached: largest.max });
  if (largest.max === 0 || (isPower && areInProportion(sumOfSeries(meters), vehicle))) return undefined;
  const from = largest.start - (CLOSE_LOOK - HOUR);
  return { from, to: from + CLOSE_LOOK };
}

/** Whether the series by the minute of a close look have a counter among them. */
export function hasCounter(meters: readonly EnergySeries[], vehicle: EnergySeries): boolean {
  return hasRegister(meters, vehicle, MINUTE);
}
