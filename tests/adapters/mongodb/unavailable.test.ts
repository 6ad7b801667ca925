import { type Document, MongoClient, MongoServerError } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HourCollections, hourCollections } from '#adapters/outbound/mongodb/hours/hour-documents';
import { MongoDbRollups } from '#adapters/outbound/mongodb/hours/mongodb-rollups';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { isTimeLimitReached } from '#adapters/outbound/mongodb/server/driver-errors';
import { inTransaction } from '#adapters/outbound/mongodb/server/durable-transaction';
import { StoreUnavailableError } from '#application/errors';
import { DAY, HOUR } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import { startMongod } from '#tests/support/mongod';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

describe('a commit on MongoDB', () => {
  it('requires the majority and the journal, whatever the connection string says', async () => {
    const { uri, database } = temporaryDatabase();
    const readConcern = { level: 'majority' } as const;
    const client = new MongoClient(`${uri}&w=1&journal=false`, { monitorCommands: true, readConcern });
    onTestFinished(() => client.close());
    const commits: unknown[] = [];
    const begins: unknown[] = [];
    client.on('commandStarted', ({ commandName, command }) => {
      if (command.startTransaction === true) begins.push(command.readConcern);
      if (commandName === 'commitTransaction') commits.push(command.writeConcern);
    });
    await client.db(database).createCollection('anything');

    await inTransaction(client, performance.now() + 8_000, (session) =>
      client.db(database).collection('anything').insertOne({}, { session }),
    );

    expect(begins).toMatchObject([{ level: 'snapshot' }]);
    expect(commits).toEqual([{ w: 'majority', j: true, wtimeout: 8_000 }]);
  });

  it('fails after the store was closed, and closing twice is fine', async () => {
    const store = await openMongoDbStore(temporaryDatabase());
    await store.close();
    await store.close();

    await expect(store.writer.commit([aMeterReading()])).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.hot.newest('meter', 'M-1')).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('completes before the store closes', async () => {
    const database = temporaryDatabase();
    const store = await openMongoDbStore(database);
    const commit = store.writer.commit([aMeterReading()]);
    await store.close();

    expect(await commit).toEqual([{ status: 'stored' }]);
  });
});

// Each test waits for the store's own timeouts of 8 or 9 s, so they wait at the same time.
describe.concurrent('a MongoDB that does not answer', () => {
  it('fails commits and reads in time while it hangs; afterwards they are exact, and a closing continues', async ({
    expect,
    onTestFinished,
  }) => {
    const mongod = await startMongod();
    onTestFinished(mongod.stop);
    const store = await openMongoDbStore({ uri: mongod.uri, database: 'energy', longReads: 1 });
    onTestFinished(() => store.close());
    const day = { from: START, to: START + DAY };
    const [link] = [{ id: 'M-1@0', meterId: 'M-1', vehicleId: 'EV-1', from: 0, to: null }] as const;
    await store.writer.commit([aMeterReading()]);
    await store.links.add([link]);
    const ask = () => [
      store.hot.newest('meter', 'M-1'),
      store.hot.page('meter', { limit: 1 }),
      store.cold.history('meter', 'M-1', day, { limit: 1 }),
      store.cold.deviceTotals('meter', 'M-1', day),
      seriesOf(store.cold, 'meter', 'M-1', day, HOUR),
      store.cold.fleetTotals(day),
      store.cold.fleetHours(day),
      store.links.add([link]),
      store.links.find(link.id),
      store.links.list({ limit: 1 }),
      store.links.end(link.id, START),
      store.links.remove(link.id),
      store.links.during(day),
      store.warnings.list({ limit: 1 }),
      store.warnings.lastEvaluation(),
      store.upkeep.retention.horizon(),
      store.health.check(),
    ];
    await Promise.all(ask());
    const laterHour = aMeterReading({ timestamp: START + HOUR });

    process.kill(mongod.pid, 'SIGSTOP');
    const begin = performance.now();
    const elapsed = () => performance.now() - begin;
    const closing = store.upkeep.rollups.close({ kind: 'meter', hour: START });
    const commit = store.writer.commit([laterHour]).then(
      () => ({ error: undefined, took: elapsed() }),
      (error: unknown) => ({ error, took: elapsed() }),
    );
    const answers = await Promise.allSettled(ask());
    const allTook = elapsed();
    const { error, took } = await commit;
    process.kill(mongod.pid, 'SIGCONT');

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(took).toBeLessThan(9_000);
    expect(allTook).toBeLessThan(10_000);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
    }
    const waiting = answers.slice(2, 7).map((answer) => (answer as PromiseRejectedResult).reason.message);
    expect(waiting).toEqual(Array(5).fill('earlier reads took longer than 7000 ms')); // for the page
    await closing;
    expect(await store.upkeep.rollups.unclosed(START + HOUR, 10)).toEqual([]);
    const [outcome] = await store.writer.commit([laterHour]);
    expect(['stored', 'duplicate']).toContain(outcome?.status);
    expect((await store.cold.fleetTotals(day)).meter.readings).toBe(2);
  });

  it('fails commits and reads when it is gone', async ({ expect, onTestFinished }) => {
    const mongod = await startMongod();
    const store = await openMongoDbStore({ uri: mongod.uri, database: 'energy' });
    onTestFinished(() => store.close());
    await mongod.stop();

    const answers = await Promise.allSettled([
      store.writer.commit([aMeterReading()]),
      store.hot.newest('meter', 'M-1'),
      store.hot.page('meter', { limit: 1 }),
      store.cold.deviceTotals('meter', 'M-1', { from: START, to: START + DAY }),
      store.cold.fleetTotals({ from: START, to: START + DAY }),
      store.health.check(),
    ]);

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
    }
  });
});

describe('an hour whose sums take too long', () => {
  it('fails without making the store unavailable, so that later hours are closed', async () => {
    const database = temporaryDatabase();
    const store = await openMongoDbStore(database);
    onTestFinished(() => store.close());
    await store.writer.commit([aMeterReading()]);
    const db = driverOf(database);
    const collections = hourCollections(db);
    const endless = ['a', 'b'].flatMap((n) => [{ $set: { [n]: { $range: [0, 1e5] } } }, { $unwind: `$${n}` }]);
    const slow = {
      aggregate: (sums: Document[], options: object) =>
        collections.history.meter.aggregate([...endless, ...sums], { ...options, maxTimeMS: 50 }),
    } as HourCollections['history']['meter'];
    const rollups = new MongoDbRollups(db.client, { ...collections, history: { ...collections.history, meter: slow } });

    const error = await rollups.close({ kind: 'meter', hour: START }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ message: expect.stringContaining('take longer'), cause: expect.anything() });
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
    await store.upkeep.rollups.close({ kind: 'meter', hour: START });
    expect(await store.upkeep.rollups.unclosed(Infinity, 10)).toEqual([]);
  });

  it.each([
    ['MaxTimeMSExpired', 50, true],
    ['Interrupted', 11601, true],
    ['DuplicateKey', 11000, false],
  ])('is recognized by the error of its statement: %s', (codeName, code, expected) => {
    expect(isTimeLimitReached(new MongoServerError({ message: codeName, code, codeName }))).toBe(expected);
  });
});
