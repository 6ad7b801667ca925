import { type EpochMillis, MINUTE } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';

/** How many of the expected readings were received. */
export interface Coverage {
  readonly readings: number;
  readonly expected: number;
  /** readings / expected; 1 when none is expected. Above 1 when a device posts more than once a minute. */
  readonly ratio: number;
}

/** With a lower ratio, an efficiency is reported but not judged, and by default opens no loss warning. */
export const SUFFICIENT_COVERAGE = 0.9;

export function coverage(readings: number, expected: number): Coverage {
  return { readings, expected, ratio: expected === 0 ? 1 : readings / expected };
}

/** One reading is expected in every minute of the window that has begun by `now`. */
export function expectedReadings({ from, to }: TimeWindow, now: EpochMillis): number {
  return Math.max(0, Math.ceil((Math.min(to, now) - from) / MINUTE));
}

export function isSufficient({ ratio }: Coverage): boolean {
  return ratio >= SUFFICIENT_COVERAGE;
}
