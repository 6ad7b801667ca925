import { randomBytes } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { onTestFinished } from 'vitest';
import { replicaSetUri } from './replica-set.ts';

export interface TemporaryDatabase {
  readonly uri: string;
  readonly database: string;
}

/** A new database on the tests' replica set, dropped when the running test ends. */
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

/** The database through the plain driver, for tests that look behind the store. */
export function driverOf({ uri, database }: TemporaryDatabase): Db {
  const client = new MongoClient(uri);
  onTestFinished(() => client.close());
  return client.db(database);
}
