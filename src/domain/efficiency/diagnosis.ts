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

/** Whether an efficiency is too low or too high to be accepted unexamined. DC without any AC is suspicious, too. */
export function isSuspicious(efficiency: Efficiency, dc: number, lossThreshold: number): boolean {
  if (efficiency === null) return dc > 0;
  return efficiency < lossThreshold || isImplausible(efficiency);
}

/** A suspicious efficiency and how the energy is spread over time. */
interface Suspicion {
  readonly efficiency: Efficiency;
  readonly lossThreshold: number;
  readonly span: DiagnosisSpan;
  /** One series per linked meter over `span.seen`, without buckets outside its links. */
  readonly meters: readonly EnergySeries[];
  /** The vehicle's series over `span.seen`. */
  readonly vehicle: EnergySeries;
}

/**
 * The fault in the data that explains a suspicious efficiency, or `undefined` when there is none and the efficiency is
 * real. A register spoils every comparison, so it is checked first; a wrong clock also shows as more DC than AC, so it
 * is checked second.
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
