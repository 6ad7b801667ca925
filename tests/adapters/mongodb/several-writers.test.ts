import { MongoClient } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HistoryDocument, toHistoryDocument } from '#adapters/outbound/mongodb/history/history-document';
import type { MongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { APP_NAME } from '#adapters/outbound/mongodb/server/abandoned-transactions';
import { DAY, MINUTE } from '#domain/time/time';
import { fleetOf } from '#testing/contracts/questions';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from '#tests/support/mongodb-database';

const day = { from: START, to: START + DAY };

async function open(database: TemporaryDatabase): Promise<MongoDbStore> {
  const store = await openMongoDbStore(database);
  onTestFinished(() => store.close());
  return store;
}

describe('several writers on one MongoDB', () => {
  it('can all start at once on a database that does not exist yet', async () => {
    const database = temporaryDatabase();

    const stores = await Promise.all([1, 2, 3, 4].map(() => open(database)));

    for (const store of stores) await store.writer.commit([aMeterReading()]);
    expect((await stores[0]?.cold.fleetTotals(day))?.meter.readings).toBe(1);
  });

  it('store and count each reading once when all readings are sent to each of them', async () => {
    const database = temporaryDatabase();
    const stores = await Promise.all([open(database), open(database)]);
    const groups = Array.from({ length: 12 }, (_, group) =>
      Array.from({ length: 50 }, (_, i) => {
        const [device, timestamp] = [i % 10, START + (group * 5 + Math.floor(i / 10)) * MINUTE];
        return i % 2 === 0
          ? aMeterReading({ deviceId: `M-${device}`, timestamp, kwh: 0.001 })
          : aVehicleReading({ deviceId: `EV-${device}`, timestamp, kwh: 0.001 });
      }),
    );

    // Each store commits two groups at a time, one store from first to last, the other from last to first.
    const orders = [groups, [...groups].reverse()];
    const statuses = await Promise.all(
      stores.flatMap((store, which) =>
        [0, 1].map(async (half) => {
          const seen: string[] = [];
          for (const group of orders[which]?.filter((_, i) => i % 2 === half) ?? []) {
            seen.push(...(await store.writer.commit(group)).map(({ status }) => status));
          }
          return seen;
        }),
      ),
    );

    expect(statuses.flat().filter((status) => status === 'stored')).toHaveLength(600);
    expect(statuses.flat().filter((status) => status === 'duplicate')).toHaveLength(600);
    const sum = { energy: 300_000, readings: 300 };
    for (const store of stores)
      expect(await store.cold.fleetTotals(day)).toEqual(fleetOf({ meter: sum, vehicle: sum }));
    expect((await stores[0]?.hot.newest('meter', 'M-0'))?.timestamp).toBe(START + 59 * MINUTE);
    expect(await driverOf(database).collection('meter_history').countDocuments()).toBe(300);
  });

  it('write totals in separate lanes', async () => {
    const database = temporaryDatabase();
    const stores = await Promise.all([open(database), open(database)]);

    await Promise.all(
      stores.map((store, n) => store.writer.commit([aMeterReading({ deviceId: `M-${n}`, timestamp: START })])),
    );

    expect(
      await driverOf(database)
        .collection('fleet_sums')
        .countDocuments({ '_id.hour': new Date(START) }),
    ).toBe(2);
    expect((await stores[0]?.cold.fleetHours(day))?.map(({ totals }) => totals.meter.readings)).toEqual([2]);
  });

  it('know the newest reading of a device that sends to both of them', async () => {
    const database = temporaryDatabase();
    const [one, other] = await Promise.all([open(database), open(database)]);
    const at = (minutes: number) => aMeterReading({ timestamp: START + minutes * MINUTE });
    const newest = () => Promise.all([one, other].map((store) => store.hot.newest('meter', 'M-1')));

    await one.writer.commit([at(10)]);
    await other.writer.commit([at(70)]);
    expect(await newest()).toEqual([at(70), at(70)]);

    await one.writer.commit([at(20), at(75)]);
    await other.writer.commit([at(72)]);
    expect(await newest()).toEqual([at(75), at(75)]);
  });

  it('find everything after a restart', async () => {
    const database = temporaryDatabase();
    const readings = [aMeterReading(), aVehicleReading()];
    const before = await openMongoDbStore(database);
    await before.writer.commit(readings);
    await before.close();

    const store = await open(database);

    expect((await store.writer.commit(readings)).map(({ status }) => status)).toEqual(['duplicate', 'duplicate']);
    expect(await store.hot.newest('meter', 'M-1')).toEqual(readings[0]);
    expect((await store.cold.fleetTotals(day)).vehicle).toEqual({ energy: 80_000, readings: 1 });
  });

  it('are not blocked by the transaction of a killed process', async () => {
    const database = temporaryDatabase();
    const store = await open(database);
    const dead = new MongoClient(database.uri, { appName: APP_NAME });
    onTestFinished(() => dead.close());
    const session = dead.startSession();
    session.startTransaction();
    const history = dead.db(database.database).collection<HistoryDocument>('meter_history');
    await history.insertOne(toHistoryDocument(aMeterReading()), { session });

    // On its own, the server would end it after a minute.
    expect(await store.writer.commit([aMeterReading()])).toEqual([{ status: 'stored' }]);
  });

  it('get no answer for a reading in another transaction until that is committed', async () => {
    const database = temporaryDatabase();
    const store = await open(database);
    const client = new MongoClient(database.uri);
    onTestFinished(() => client.close());
    const session = client.startSession();
    session.startTransaction();
    const history = client.db(database.database).collection<HistoryDocument>('meter_history');
    await history.insertOne(toHistoryDocument(aMeterReading()), { session });

    let answered = false;
    const commit = store.writer.commit([aMeterReading()]).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    await session.commitTransaction();

    expect(await commit).toEqual([{ status: 'duplicate' }]);
  });
});
