import type { EpochMillis, Millis } from '#domain/time/time';

/** The source of the current time: the application never asks the system itself. */
export interface Clock {
  /** The current time in whole milliseconds, by the wall clock. It may be wrong, and it may jump in either direction. */
  now(): EpochMillis;
  /**
   * Milliseconds since some fixed moment, by a clock that nobody sets: it never jumps and never runs backwards. Without
   * it, `now` counts as such a clock.
   */
  elapsed?(): Millis;
}

/** The steady time of a clock, to measure how long something took. */
export function elapsedOf(clock: Clock): Millis {
  return clock.elapsed?.() ?? clock.now();
}
