import type { DeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';

/** One hour of one stream. */
export interface StreamHour {
  readonly kind: Kind;
  /** The hour's start. */
  readonly hour: EpochMillis;
}

/**
 * Hourly sums of each device, so that long windows need not be read from raw history.
 *
 * The number of readings is the version: history only grows, so an hour's sums are correct exactly when they were
 * computed from the number of readings that the hour has now. Only then does the cold store use them; otherwise it
 * reads the hour's raw history. Closing an hour twice, by two processes at once, or only in part can therefore make an
 * answer slower but never wrong.
 *
 * Every method rejects with `StoreUnavailableError` when the store does not answer.
 */
export interface HourRollups {
  /** Hours before `before` whose sums are missing or out of date, oldest first, at most `limit`. */
  unclosed(before: EpochMillis, limit: number): Promise<readonly StreamHour[]>;
  /** Computes the sums of an hour from its history. Resolves when the cold store can use them. */
  close(hour: StreamHour): Promise<void>;
  /** The stored sums of the hour, by device id; `undefined` when they are missing or out of date. */
  closed(hour: StreamHour): Promise<ReadonlyMap<string, DeviceTotals> | undefined>;
  /** The same sums, counted from raw history. */
  recount(hour: StreamHour): Promise<ReadonlyMap<string, DeviceTotals>>;
}
