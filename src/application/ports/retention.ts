import type { EpochMillis } from '#domain/time/time';

/**
 * Drops old history, in whole hours and never reading by reading. Hourly sums and fleet totals stay. Rejects with
 * `StoreUnavailableError` when the store does not answer.
 */
export interface Retention {
  /** Where the stored history begins: anything older may be gone. `undefined` when nothing was ever dropped. */
  horizon(): Promise<EpochMillis | undefined>;
  /**
   * Drops the history before `before`, the start of an hour, but not past the first unclosed hour, so that no hour is
   * dropped without its sums. Resolves with the horizon reached; ingestion continues meanwhile. When `signal` aborts,
   * stops early and resolves with the horizon reached by then; the next call continues from there.
   */
  dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis>;
}
