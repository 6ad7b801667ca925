import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { endAbandonedTransactions } from '#adapters/outbound/mongodb/server/abandoned-transactions';
import type { StoreConfig } from '#infrastructure/config';
import { replicaSetUri } from '#tests/support/replica-set';

/** One of the stores, and somewhere for it to keep what it is given. */
export interface StoreUnderTest {
  readonly name: string;
  readonly config: StoreConfig;
  /** What tells a service process to use this store. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs of a property test, and the smallest batch in them: as the store is quick. */
  readonly runs: number;
  readonly smallestBatch: number;
  /** How often its process is killed. */
  readonly kills: number;
  /** Removes what was kept. */
  remove(): Promise<void>;
}

/** Every store, new and empty. */
export function storesUnderTest(): readonly StoreUnderTest[] {
  return [memory(), ...durableStoresUnderTest()];
}

/** The stores that outlive their process, new and empty. */
export function durableStoresUnderTest(): readonly StoreUnderTest[] {
  return [sqlite(), mongodb()];
}

function memory(): StoreUnderTest {
  return {
    name: 'memory',
    config: { kind: 'memory' },
    environment: { EIE_STORE: 'memory' },
    runs: 30,
    smallestBatch: 1,
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
    runs: 20,
    smallestBatch: 1,
    kills: 10,
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

function mongodb(): StoreUnderTest {
  const uri = replicaSetUri;
  const database = `e2e_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  return {
    name: 'MongoDB',
    config: { kind: 'mongodb', uri, database },
    environment: { EIE_STORE: 'mongodb', MONGODB_URI: uri, MONGODB_DB: database },
    runs: 5,
    smallestBatch: 25,
    kills: 5,
    remove: async () => {
      const client = await MongoClient.connect(uri);
      await dropped(client, database);
      await client.close();
    },
  };
}

/**
 * Drops a database. A process that was killed may have left a transaction open, for which the server would wait a minute;
 * once it is old enough to be known as abandoned it is ended.
 */
async function dropped(client: MongoClient, database: string): Promise<void> {
  const drop = client.db(database).dropDatabase();
  const watch = setInterval(() => void endAbandonedTransactions(client).catch(() => {}), 500);
  await drop.finally(() => clearInterval(watch));
}
