import type { RecordStore } from './record-store.ts';
import type { TelemetryStore } from './telemetry-store.ts';

/**
 * Everything the engine needs to keep. An adapter may offer both bundles on one database, with one lifecycle; two
 * stores are put together by `combineStores`.
 */
export type EngineStore = TelemetryStore & RecordStore;
