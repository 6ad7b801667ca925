import type { EpochMillis } from '#domain/time/time';

/** The last moment a date can hold; an open end lies there. */
const END_OF_TIME: EpochMillis = 8_640_000_000_000_000;

/** A date for any time, infinities included. */
export function toDate(time: EpochMillis): Date {
  return new Date(Math.min(Math.max(time, -END_OF_TIME), END_OF_TIME));
}
