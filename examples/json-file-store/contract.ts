import {
  recordModelContract,
  recordStoreContract,
  type TestFunctions,
  telemetryCrashContract,
  telemetryModelContract,
  telemetryStoreContract,
} from 'energy-ingestion-engine/testing';
import { open } from './json-file-store.ts';

/** Runs every suite of the engine on this store, with the test functions of any runner. */
export function testJsonFileStore(test: TestFunctions): void {
  const store = {
    name: 'JSON files',
    capabilities: { durable: true, multiWriter: false, rollups: false, retention: false },
    open,
  };
  telemetryStoreContract(test, store);
  telemetryModelContract(test, store);
  telemetryCrashContract(test, store, { module: new URL('./json-file-store.ts', import.meta.url) });
  recordStoreContract(test, store);
  recordModelContract(test, store);
}
