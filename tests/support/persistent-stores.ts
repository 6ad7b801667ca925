import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { Upkeep } from '#application/ports/upkeep';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from './mongodb-database.ts';
import type { StoreLocation } from './store-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A store with everything that upkeep may have. */
export type PersistentStore = EngineStore & { readonly upkeep: Required<Upkeep> };

interface PersistentStoreUnderTest {
  readonly name: string;
  location(): StoreLocation;
  /** Opens a location with the streams as they are. */
  open(location: StoreLocation): Promise<PersistentStore>;
  /** Leaves the data as an engine would have that did not yet record the shape of streams. */
  forgetShapes(location: StoreLocation): Promise<void>;
}

/** The stores whose data outlive the process. */
export const persistentStores: readonly PersistentStoreUnderTest[] = [
  {
    name: 'SQLite',
    location: () => ({ directory: temporaryDirectory() }),
    open: (location) => openSqliteStore(location as { directory: string }),
    forgetShapes: async (location) => {
      const database = new DatabaseSync(join((location as { directory: string }).directory, 'energy.db'));
      database.exec('DROP TABLE streams');
      database.close();
    },
  },
  {
    name: 'MongoDB',
    location: temporaryDatabase,
    open: (location) => openMongoDbStore(location as TemporaryDatabase),
    forgetShapes: async (location) => {
      await driverOf(location as TemporaryDatabase)
        .collection('streams')
        .drop();
    },
  },
];
