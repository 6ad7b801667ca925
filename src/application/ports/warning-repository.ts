import type { LossWarning, WarningChange, WarningWatch } from '#domain/loss-warning';
import type { EpochMillis } from '#domain/time/time';

export interface WarningQuery {
  readonly state?: LossWarning['state'];
  /** Only warnings that sort after this one. */
  readonly after?: { readonly openedAt: EpochMillis; readonly id: string };
  /** At most this many, at least 1. */
  readonly limit: number;
}

/**
 * Loss warnings, open and cleared, and the state that the next evaluation needs. Writes are durable when they resolve.
 * Rejects with `StoreUnavailableError` when the store does not answer.
 */
export interface WarningRepository {
  /** The watches of these vehicles, by vehicle id; a vehicle that was never evaluated has none. */
  watches(vehicleIds: readonly string[]): Promise<ReadonlyMap<string, WarningWatch>>;
  /**
   * Stores the result of an evaluation, each watch and its warning in one atomic step. A stored watch with the same or
   * a later `evaluatedTo` stays as it is, so that several processes may evaluate the same window. It does not if it is
   * later than `latest`, the end of the newest window that can have been evaluated: a clock was ahead. Without `latest`
   * any window can.
   */
  keep(changes: readonly WarningChange[], latest?: EpochMillis): Promise<void>;
  /** Newest first: by `openedAt`, then by id, both descending. */
  list(query: WarningQuery): Promise<readonly LossWarning[]>;
  /** The end of the last window evaluated for all vehicles; `undefined` before the first. */
  lastEvaluation(): Promise<EpochMillis | undefined>;
  /**
   * Records that the window ending at `to` was evaluated for all vehicles. A stored time that is the same or later
   * stays, so that a slower process undoes nothing, but not if it is later than `latest`, as in `keep`.
   */
  evaluated(to: EpochMillis, latest?: EpochMillis): Promise<void>;
}
