import type { ColdStore } from './cold-store.ts';
import type { HotStore } from './hot-store.ts';
import type { StoreLifecycle } from './store-lifecycle.ts';
import type { TelemetryWriter } from './telemetry-writer.ts';
import type { Upkeep } from './upkeep.ts';

/** Readings: everything that grows with the fleet. The other bundle is `RecordStore`. */
export interface TelemetryStore extends StoreLifecycle {
  readonly writer: TelemetryWriter;
  readonly hot: HotStore;
  readonly cold: ColdStore;
  readonly upkeep: Upkeep;
}
