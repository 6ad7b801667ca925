import { DAY, HOUR, MINUTE, type Millis } from '../time/time.ts';
import { alignOutward, type TimeWindow } from '../time/time-window.ts';

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
