import type { EpochMillis } from '#domain/time/time';

/** The latest time that a `Date` can hold. */
export const END_OF_TIME: EpochMillis = 8_640_000_000_000_000;

/** A date for any time: infinities become the earliest and the latest date. */
export function toDate(time: EpochMillis): Date {
  return new Date(Math.min(Math.max(time, -END_OF_TIME), END_OF_TIME));
}
