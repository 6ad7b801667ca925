import { randomBytes } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { onTestFinished } from 'vitest';
import { replicaSetUri } from './replica-set.ts';

export interface TemporaryDatabase {
  readonly uri: string;
  readonly database: string;
}

/** A database of its own on the tests' replica set, dropped when the running test has ended. */
export function temporaryDatabase(): TemporaryDatabase {
  const uri = replicaSetUri;
  const database = `test_${randomBytes(6).toString('hex')}`;
  onTestFinished(async () => {
    const client = new MongoClient(uri);
    await client.db(database).dropDatabase();
    await client.close();
  });
  return { uri, database };
}

/** The database as the driver sees it, for a test that looks behind the store. */
export function driverOf({ uri, database }: TemporaryDatabase): Db {
  const client = new MongoClient(uri);
  onTestFinished(() => client.close());
  return client.db(database);
}
