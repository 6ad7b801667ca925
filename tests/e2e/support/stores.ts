import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { endAbandonedTransactions } from '#adapters/outbound/mongodb/server/abandoned-transactions';
import type { StoreConfig } from '#infrastructure/config';
import { replicaSetUri } from '#tests/support/replica-set';

/** A store and a place for its data. */
export interface StoreUnderTest {
  readonly name: string;
  readonly config: StoreConfig;
  /** The settings with which a service process uses this store. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs of a property test, and its smallest batch: fewer and larger on a slower store. */
  readonly runs: number;
  readonly minBatch: number;
  /** How many times its process is killed. */
  readonly kills: number;
  /** Removes the data. */
  remove(): Promise<void>;
}

/** Every store, new and empty. */
export function storesUnderTest(): readonly StoreUnderTest[] {
  return [memory(), ...durableStoresUnderTest()];
}

/** The stores whose data outlives the process, new and empty. */
export function durableStoresUnderTest(): readonly StoreUnderTest[] {
  return [sqlite(), mongodb()];
}

function memory(): StoreUnderTest {
  return {
    name: 'memory',
    config: { kind: 'memory' },
    environment: { EIE_STORE: 'memory' },
    runs: 10,
    minBatch: 1,
    kills: 0,
    remove: async () => {},
  };
}

function sqlite(): StoreUnderTest {
  const directory = join(tmpdir(), `engine-test-${randomUUID()}`);
  return {
    name: 'SQLite',
    config: { kind: 'sqlite', directory },
    environment: { EIE_STORE: 'sqlite', EIE_DATA_DIR: directory },
    runs: 8,
    minBatch: 1,
    kills: 8,
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

export function mongodb(): StoreUnderTest {
  const uri = replicaSetUri;
  const database = `e2e_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  return {
    name: 'MongoDB',
    config: { kind: 'mongodb', uri, database },
    environment: { EIE_STORE: 'mongodb', MONGODB_URI: uri, MONGODB_DB: database },
    runs: 3,
    minBatch: 25,
    kills: 4,
    remove: async () => {
      const client = await MongoClient.connect(uri);
      await dropped(client, database);
      await client.close();
    },
  };
}

/**
 * Drops a database. A killed process may have left a transaction open, which would block the drop for a minute; it is
 * ended as soon as it is old enough to count as abandoned.
 */
async function dropped(client: MongoClient, database: string): Promise<void> {
  const drop = client.db(database).dropDatabase();
  const watch = setInterval(() => void endAbandonedTransactions(client).catch(() => {}), 500);
  await drop.finally(() => clearInterval(watch));
}
