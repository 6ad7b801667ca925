import { onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { EngineStore } from '#application/ports/engine-store';
import { temporaryDatabase } from './mongodb-database.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Every store, new and empty; closed and removed after the test that opens it. */
export const stores: readonly { readonly name: string; open(): Promise<EngineStore> }[] = [
  { name: 'memory', open: async () => createMemoryStore() },
  { name: 'SQLite', open: async () => closing(await openSqliteStore({ directory: temporaryDirectory() })) },
  { name: 'MongoDB', open: async () => closing(await openMongoDbStore(temporaryDatabase())) },
];

function closing(store: EngineStore): EngineStore {
  onTestFinished(() => store.close());
  return store;
}
