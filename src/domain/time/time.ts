/** Milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type EpochMillis = number;
/** A length of time in milliseconds. */
export type Millis = number;

export const SECOND: Millis = 1_000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;
export const DAY: Millis = 24 * HOUR;

/** The start of the bucket of `width` milliseconds that contains `time`. */
export function floorTo(width: Millis, time: EpochMillis): EpochMillis {
  return Math.floor(time / width) * width;
}

/** The first multiple of `width` milliseconds at or after `time`. */
export function ceilTo(width: Millis, time: EpochMillis): EpochMillis {
  return Math.ceil(time / width) * width;
}
