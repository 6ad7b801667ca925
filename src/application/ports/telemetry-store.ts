import type { ColdStore } from './cold-store.ts';
import type { HotStore } from './hot-store.ts';
import type { HourRollups } from './hour-rollups.ts';
import type { LinkRepository } from './link-repository.ts';
import type { Retention } from './retention.ts';
import type { TelemetryWriter } from './telemetry-writer.ts';
import type { WarningRepository } from './warning-repository.ts';

/** Whether a store can take and answer requests now. */
export interface StoreHealth {
  /** Resolves when the store answers; rejects with `StoreUnavailableError`, whose message is the reason, when not. */
  check(): Promise<void>;
}

/** What one storage adapter offers: every port, and its end. */
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
   * Resolves with the reason when the store has failed for good: it serves no more, and nothing but a new process mends
   * that. A store that recovers from every failure has none. Being closed is no failure.
   */
  readonly failed?: Promise<Error>;
  /** Finishes what was begun and releases files, threads and connections. Safe to call twice. */
  close(): Promise<void>;
}
