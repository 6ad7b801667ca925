import type { EpochMillis } from '#domain/time/time';

/** Old history goes by whole buckets, never key by key. Sums by the hour and fleet totals stay. */
export interface Retention {
  /** The beginning of the history that is kept: what is older may be gone. `undefined` when nothing was ever dropped. */
  horizon(): Promise<EpochMillis | undefined>;
  /**
   * Drops the history before `before`, the start of an hour, up to the first hour that has no sums yet: an hour is
   * never lost before it was closed. Resolves with the horizon reached; ingestion goes on meanwhile.
   * Ends early when `signal` aborts, with the horizon reached by then: the next call goes on there.
   */
  dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis>;
}
