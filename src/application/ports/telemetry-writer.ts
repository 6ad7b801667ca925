import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';

export interface CommitOptions {
  /** All or nothing: with any conflict nothing is stored, and new readings are `withheld`. */
  readonly atomic?: boolean;
}

/**
 * The only way readings get into a store.
 *
 * `commit` writes the history, live state and totals of the readings in one atomic and durable step, and resolves with
 * one outcome per reading, in their order. Once it has resolved, `stored` and `duplicate` readings survive `kill -9`
 * and power loss, and every later read sees them (the memory adapter keeps them for the life of the process).
 *
 * The first reading of a key wins, within a batch and across batches: a later one with the same values is a
 * `duplicate`, one with other values a `conflict`, which carries the reading that stays, if any. History never changes.
 *
 * A reading that cannot be judged, because stored data are damaged, is `rejected` with the code `store-damaged`. If the
 * whole commit cannot be made for that reason, it rejects with `StoreDamagedError`, and nothing was stored.
 *
 * Rejects with `StoreUnavailableError` when the store did not confirm. Then either all or none of the readings were
 * stored, and committing them again is safe. A decorator with a queue rejects with `OverloadedError` when it is full. A
 * failed commit does not affect the next.
 */
export interface TelemetryWriter {
  /**
   * The largest group of readings worth committing together when requests are backed up: it takes little longer than a
   * small one. Absent when the store does better with small groups.
   */
  readonly maxGroupWhenBusy?: number;
  /**
   * How many commits that take unusually long others may overtake: more than usual are in flight then. For a store in
   * which a commit can hang while others succeed. Absent when commits are made one after another.
   */
  readonly maxOvertaken?: number;
  commit(readings: readonly Reading[], options?: CommitOptions): Promise<readonly CommitOutcome[]>;
}
