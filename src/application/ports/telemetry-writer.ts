import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';

export interface CommitOptions {
  /** All or nothing: with any conflict nothing is stored, and what would have been stored is `withheld`. */
  readonly atomic?: boolean;
}

/**
 * The one way readings get into a store.
 *
 * `commit` writes history, live state and totals of the readings in one atomic and durable step and resolves with one
 * outcome per reading, in their order. Once it has resolved, `stored` and `duplicate` readings survive `kill -9` and
 * power loss, and every later read sees them (the memory adapter keeps them as long as the process lives).
 *
 * The first reading of a key wins, inside one batch as between batches: an equal one after it is a `duplicate`, one
 * with other values a `conflict`, which carries the reading that stays, if one does. History is never changed.
 *
 * Rejects with `StoreUnavailableError` when the store did not confirm: then all or none of the readings were kept, and
 * committing them again is safe. A decorator with a queue rejects with `OverloadedError` when that is full. One bad
 * commit does not spoil the next.
 */
export interface TelemetryWriter {
  /**
   * Who gathers the readings of several requests may commit so many at once when many wait: a commit of them takes little
   * longer than one of a few. Without it, what waits is better committed in small groups.
   */
  readonly maxGroupWhenBusy?: number;
  commit(readings: readonly Reading[], options?: CommitOptions): Promise<readonly CommitOutcome[]>;
}
