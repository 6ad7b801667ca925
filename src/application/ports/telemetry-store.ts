import type { ColdStore } from './cold-store.ts';
import type { HotStore } from './hot-store.ts';
import type { HourRollups } from './hour-rollups.ts';
import type { LinkRepository } from './link-repository.ts';
import type { Retention } from './retention.ts';
import type { TelemetryWriter } from './telemetry-writer.ts';
import type { WarningRepository } from './warning-repository.ts';

/** Whether a store can serve requests now. */
export interface StoreHealth {
  /** Resolves when the store answers. Otherwise rejects with `StoreUnavailableError`, whose message is the reason. */
  check(): Promise<void>;
}

/** Everything a storage adapter offers: all ports to one store, and its lifecycle. */
export interface TelemetryStore {
  readonly writer: TelemetryWriter;
  readonly hot: HotStore;
  readonly cold: ColdStore;
  readonly rollups: HourRollups;
  readonly links: LinkRepository;
  readonly warnings: WarningRepository;
  readonly retention: Retention;
  readonly health: StoreHealth;
  /**
   * Resolves with the reason when the store has failed permanently, so that only a new process can serve again. Absent
   * from a store that recovers from every failure. Closing the store is not a failure.
   */
  readonly failed?: Promise<Error>;
  /** Finishes the work in progress and releases files, threads and connections. Safe to call twice. */
  close(): Promise<void>;
}
