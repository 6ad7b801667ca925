import type { EpochMillis } from '#domain/time';

export interface Clock {
  /** The present time, an integer of milliseconds. */
  now(): EpochMillis;
}
