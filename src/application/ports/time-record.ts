import type { EpochMillis } from '#domain/time/time';

/** What one process has found out about the time, for the next one to check its clock by. */
export interface KnownTime {
  /** The newest time that has certainly passed. */
  readonly confirmed: EpochMillis;
  /** What the wall clock showed at that moment: the same, unless it was in doubt. */
  readonly clock: EpochMillis;
}

/**
 * The time that a store remembers between processes. Rejects with `StoreUnavailableError` when the store does not
 * answer.
 */
export interface TimeRecord {
  /**
   * What was written last. If nothing was, because the data are older than this record, both times are when a reading
   * with one of the newest timestamps was received; `undefined` without readings. Reads a bounded amount of data.
   */
  read(): Promise<KnownTime | undefined>;
  /** Replaces the record, by any other: nothing that a wrong clock left here is for ever. Durable when it resolves. */
  write(known: KnownTime): Promise<void>;
}
