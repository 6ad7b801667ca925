import type { EpochMillis } from '#domain/time/time';

export interface Clock {
  /** The present time, an integer of milliseconds. */
  now(): EpochMillis;
}
