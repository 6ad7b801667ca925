import { describe, expect, it } from 'vitest';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { unsuitability } from '#adapters/outbound/mongodb/server/server-requirements';
import { StoreUnavailableError } from '#application/errors';
import { startMongod } from '#tests/support/mongod';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

describe('the MongoDB server of a store', () => {
  it.each([
    ['6.0.0 in a replica set', { version: '6.0.0', setName: 'rs0' }],
    ['8.2.1 in a replica set', { version: '8.2.1', setName: 'rs0' }],
    ['12.0.0 in a replica set', { version: '12.0.0', setName: 'rs0' }],
    ['the router of a sharded cluster', { version: '7.0.14', msg: 'isdbgrid' }],
  ])('may be %s', (_, facts) => {
    expect(unsuitability(facts)).toBeUndefined();
  });

  it.each([
    ['5.0.31', { version: '5.0.31', setName: 'rs0' }, 'needs 6.0 or newer'],
    ['4.4.0 behind a router', { version: '4.4.0', msg: 'isdbgrid' }, 'needs 6.0 or newer'],
    ['of a version that cannot be parsed', { version: 'unknown', setName: 'rs0' }, 'needs 6.0 or newer'],
    ['a standalone server', { version: '8.0.4' }, 'start it as a replica set'],
  ])('may not be %s', (_, facts, reason) => {
    expect(unsuitability(facts)).toContain(reason);
  });

  it('may not have collections of the same names that are not clustered', async () => {
    const database = temporaryDatabase();
    await driverOf(database).createCollection('meter_history');

    await expect(openMongoDbStore(database)).rejects.toThrow(/not clustered.*: meter_history/);
  });
});

// The second test waits 8 s for a server to be found, and the first one runs meanwhile.
describe.concurrent('opening a MongoDB store', () => {
  it('is refused on a standalone server, with what to do about it', async ({ expect, onTestFinished }) => {
    const standalone = await startMongod({ replicaSet: false });
    onTestFinished(standalone.stop);

    await expect(openMongoDbStore({ uri: standalone.uri, database: 'energy' })).rejects.toThrow(
      /standalone server.*rs\.initiate/,
    );
  });

  it('is StoreUnavailableError within seconds and without the password when no server answers', async ({ expect }) => {
    const uri = 'mongodb://someone:secret@127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=60000';
    const begin = performance.now();
    const error = await openMongoDbStore({ uri, database: 'energy' }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(String(error)).not.toContain('secret');
    expect(performance.now() - begin).toBeLessThan(12_000);
  });
});
