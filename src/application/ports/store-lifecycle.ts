import type { Millis } from '#domain/time/time';

/** Whether a store can serve requests now. */
export interface StoreHealth {
  /**
   * Resolves when the store answers and can be written. Otherwise rejects with `StoreUnavailableError`, whose message is
   * the reason. After a failed commit it must try a write itself: a commit that had nothing to write proves nothing, and
   * while clients stay away none shows that the store works again. Must not wait behind reads.
   */
  check(): Promise<void>;
  /**
   * What people should mend although the store serves, such as damaged data; empty when all is well. Absent from a
   * store that cannot know.
   */
  warnings?(): readonly string[];
}

/** What a store knows about itself, for metrics. */
export interface StoreMeasures {
  /** Bytes of storage that the data and their indexes take. */
  readonly sizeBytes?: number;
  /** How far documents or tables that follow the commits are behind; 0 when nothing is pending. */
  readonly liveLag?: Millis;
}

/** What both bundles of ports have: they are opened, may be ill or fail, and are closed. */
export interface StoreLifecycle {
  /** What the store is, for the log: `sqlite`, `mongodb`. */
  readonly name?: string;
  /** Where the data are, for the log: a path or an address without credentials. */
  readonly location?: string;
  readonly health: StoreHealth;
  /** Cheap enough for a call every few seconds. Rejects with `StoreUnavailableError`. Absent: nothing is known. */
  measure?(): Promise<StoreMeasures>;
  /**
   * Resolves with the reason when the store has failed permanently, so that only a new process can serve again. Absent
   * from a store that recovers from every failure. Closing the store is not a failure.
   */
  readonly failed?: Promise<Error>;
  /**
   * Finishes the work in progress and releases files, threads and connections. Safe to call twice; the second call
   * resolves when the first does.
   */
  close(): Promise<void>;
}
