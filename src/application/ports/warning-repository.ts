import type { LossWarning, WarningWatch } from '#domain/loss-warning';
import type { EpochMillis } from '#domain/time/time';

export interface WarningQuery {
  readonly state?: LossWarning['state'];
  /** Only warnings that come after this one in the order of the list. */
  readonly after?: { readonly openedAt: EpochMillis; readonly id: string };
  /** At most this many, at least 1. */
  readonly limit: number;
}

/** A vehicle's watch after an evaluation, and the warning that the evaluation opened or cleared. */
export interface WarningChange {
  readonly watch: WarningWatch;
  readonly changed: LossWarning | null;
}

/** Loss warnings, open and past, and what the next evaluation has to know. Durable when resolved. */
export interface WarningRepository {
  /** The watches of these vehicles; a vehicle that was never evaluated has none. */
  watches(vehicleIds: readonly string[]): Promise<ReadonlyMap<string, WarningWatch>>;
  /**
   * Keeps what an evaluation found, each watch with its warning in one step. A watch that is there already for the same
   * or a later `evaluatedTo` is left as it is, so that processes may evaluate the same window at once.
   */
  keep(changes: readonly WarningChange[]): Promise<void>;
  /** Newest first: by `openedAt`, then by id, both descending. */
  list(query: WarningQuery): Promise<readonly LossWarning[]>;
  /** The end of the last window that was evaluated as a whole, or `undefined` before the first. */
  lastEvaluation(): Promise<EpochMillis | undefined>;
  /** Records that the window ending at `to` was evaluated as a whole. Never moves backwards. */
  evaluated(to: EpochMillis): Promise<void>;
}
