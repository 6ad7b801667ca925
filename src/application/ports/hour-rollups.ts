import type { DeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';

/** The readings of one stream in one hour. */
export interface StreamHour {
  readonly kind: Kind;
  /** The hour's start. */
  readonly hour: EpochMillis;
}

/**
 * Sums of each device by the hour, so that long windows need not be read from raw history.
 *
 * The count is the version: history only grows, so an hour's sums are right exactly when they were computed from as many
 * readings as the hour has now. The cold store uses them only then and reads the hour raw otherwise. Closing an hour
 * twice, by two processes, or not to the end, can therefore make an answer slower and never wrong.
 *
 * A store that answers long windows from memory has no rollups: nothing is ever unclosed.
 */
export interface HourRollups {
  /** Hours before `before` whose sums are missing or out of date, oldest first, at most `limit`. */
  unclosed(before: EpochMillis, limit: number): Promise<readonly StreamHour[]>;
  /** Computes the sums of one hour from its history. Resolves when the cold store can use them. */
  close(hour: StreamHour): Promise<void>;
  /** The totals of each device in the hour as its sums tell them; `undefined` when they are missing or out of date. */
  closed(hour: StreamHour): Promise<ReadonlyMap<string, DeviceTotals> | undefined>;
  /** The same, counted again from raw history. */
  recount(hour: StreamHour): Promise<ReadonlyMap<string, DeviceTotals>>;
}
