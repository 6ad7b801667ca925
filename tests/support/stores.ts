import { onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { StoreUnderTest } from '#tests/contracts/store-under-test';
import { temporaryDatabase } from './mongodb-database.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Every store, new and empty; closed and removed after the test that opens it. */
export const stores: readonly StoreUnderTest[] = [
  { name: 'memory', open: async () => createMemoryStore() },
  { name: 'SQLite', open: async () => closing(await openSqliteStore({ directory: temporaryDirectory() })) },
  { name: 'MongoDB', open: async () => closing(await openMongoDbStore(temporaryDatabase())) },
];

function closing(store: TelemetryStore): TelemetryStore {
  onTestFinished(() => store.close());
  return store;
}
