import {
  clockLag,
  type EnergySeries,
  isOutOfStep,
  looksLikeRegister,
  seriesWithin,
  sumOfSeries,
} from '../energy/energy-series.ts';
import { DAY, HOUR, MINUTE, type Millis } from '../time/time.ts';
import { alignOutward, type TimeWindow } from '../time/time-window.ts';
import { type Efficiency, isImplausible } from './efficiency.ts';

/** What can be wrong with the data behind a number, found by looking at how the energy went. */
export type DataCause = 'energy-looks-like-a-register' | 'clock-offset' | 'more-dc-than-ac';

/** The buckets by which a window is looked at. */
export interface DiagnosisSpan {
  /** The part of the window that is judged, in whole buckets. */
  readonly judged: TimeWindow;
  /** The same and `maxLag` beyond on both sides: where a clock that is off put what belongs to the window. */
  readonly seen: TimeWindow;
  readonly width: Millis;
  readonly maxLag: Millis;
}

/** Up to this length a window is looked at by the minute. */
const LONGEST_BY_MINUTE: Millis = 6 * HOUR;
/** Of a longer one than this only the end is looked at: a cause that lasts is there too. */
const LONGEST_BY_HOUR: Millis = 31 * DAY;

export function diagnosisSpan(window: TimeWindow): DiagnosisSpan {
  const byMinute = window.to - window.from <= LONGEST_BY_MINUTE;
  const [width, maxLag] = byMinute ? [MINUTE, 3 * HOUR] : [HOUR, 12 * HOUR];
  const { from, to } = alignOutward(window, width);
  const judged = { from: Math.max(from, to - LONGEST_BY_HOUR), to };
  return { judged, seen: { from: judged.from - maxLag, to: to + maxLag }, width, maxLag };
}

/** Whether a number is too low or too high to be taken as it is. DC without any AC is one, too. */
export function isSuspicious(efficiency: Efficiency, dc: number, lossThreshold: number): boolean {
  if (efficiency === null) return dc > 0;
  return efficiency < lossThreshold || isImplausible(efficiency);
}

/** How the energy went around a suspicious number. */
export interface Suspicion {
  readonly efficiency: Efficiency;
  readonly lossThreshold: number;
  readonly span: DiagnosisSpan;
  /** One series per linked meter over `span.seen`, with nothing outside of its links. */
  readonly meters: readonly EnergySeries[];
  /** The vehicle's series over `span.seen`. */
  readonly vehicle: EnergySeries;
}

/**
 * The fault in the data that explains a suspicious number, or `undefined`: then the number is what it is. A register
 * spoils every comparison, so it comes first; a clock that is off looks like energy from nowhere, so it comes before.
 */
export function diagnose({ efficiency, lossThreshold, span, meters, vehicle }: Suspicion): DataCause | undefined {
  const { judged, width, maxLag } = span;
  const isRegister = (series: EnergySeries) =>
    looksLikeRegister(seriesWithin(series, judged)) || looksLikeRegister(series);
  if ([...meters, vehicle].some(isRegister)) return 'energy-looks-like-a-register';

  const ac = sumOfSeries(meters);
  if (clockLag(ac, vehicle, { width, maxLag, minEfficiency: lossThreshold }) !== undefined) return 'clock-offset';

  const outOfStep = isOutOfStep(seriesWithin(ac, judged), seriesWithin(vehicle, judged));
  return isImplausible(efficiency) || outOfStep ? 'more-dc-than-ac' : undefined;
}
