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
   * a later `evaluatedTo` stays as it is, so that several processes may evaluate the same window.
   */
  keep(changes: readonly WarningChange[]): Promise<void>;
  /** Newest first: by `openedAt`, then by id, both descending. */
  list(query: WarningQuery): Promise<readonly LossWarning[]>;
  /** The end of the last window evaluated for all vehicles; `undefined` before the first. */
  lastEvaluation(): Promise<EpochMillis | undefined>;
  /** Records that the window ending at `to` was evaluated for all vehicles. Never moves backwards. */
  evaluated(to: EpochMillis): Promise<void>;
}
