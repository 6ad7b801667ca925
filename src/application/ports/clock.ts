import type { EpochMillis } from '#domain/time/time';

/** The source of the current time: the application never asks the system itself. */
export interface Clock {
  /** The current time in whole milliseconds. */
  now(): EpochMillis;
}
