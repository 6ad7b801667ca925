import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BSON, type Document, ObjectId } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type MongoDbStore, openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from '#tests/support/mongodb-database';
import { expectUpgrade, HORIZON, readingsOfVersion3 } from '#tests/support/readings-of-version-3';

/** A database as an engine left it that did not count minutes: one document a line, after its collection. */
async function databaseWithoutMinutes(): Promise<TemporaryDatabase> {
  const database = temporaryDatabase();
  await (await openMongoDbStore({ ...database, liveDocuments: false })).close(); // creates the collections
  const db = driverOf(database);
  await db.collection('streams').deleteMany();
  const lines = readFileSync(join(import.meta.dirname, 'without-minutes.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) {
    const [entry] = Object.entries(BSON.EJSON.parse(line, { relaxed: false }) as Record<string, Document>);
    if (entry !== undefined) await db.collection(entry[0]).insertOne(entry[1]);
  }
  return database;
}

function closed(store: MongoDbStore): MongoDbStore {
  onTestFinished(() => store.close());
  return store;
}

describe('hours that an older version closed in MongoDB', () => {
  it('are closed again, except those before the horizon, which keep their sums', async () => {
    const database = await databaseWithoutMinutes();
    const store = await expectUpgrade(async (logger) => closed(await openMongoDbStore({ ...database, logger })));

    const outcomes = await store.writer.commit(readingsOfVersion3.filter(({ timestamp }) => timestamp >= HORIZON));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['duplicate']));
    expect(
      await driverOf(database)
        .collection('device_hours')
        .countDocuments({ minutes: { $exists: false } }),
    ).toBe(3);
  });

  it('are closed again too when the older version runs beside this one and closes them after it', async () => {
    const database = temporaryDatabase();
    const store = closed(await openMongoDbStore(database));
    const readings = [0, 1, 2].map((minute) => aVehicleReading({ timestamp: START + minute * MINUTE }));
    await store.writer.commit(readings);
    await closeHours(store);

    // What the older version writes when it closes the hour.
    const [day, hour, generation] = [new Date(START - (START % DAY)), new Date(START), new ObjectId()];
    const _id = { stream: 'vehicle', day, device: 'EV-1', hour, generation };
    const sums: Document = { energy: 240_000, readings: 3, least: 80_000, most: 80_000, batteryTempSum: 75_000_000 };
    await driverOf(database)
      .collection<Document>('device_hours')
      .insertOne({ _id, ...sums } as Document);
    await driverOf(database)
      .collection<Document>('closed_hours')
      .updateOne({ _id: { stream: 'vehicle', hour } }, { $set: { generation, readings: 3 } });

    const counted = { readings: 3, minutes: 3, shiftedMinutes: 3, activeMinutes: 3 };
    const totals = () => store.cold.deviceTotals('vehicle', 'EV-1', { from: START, to: START + HOUR });
    expect(await totals()).toMatchObject(counted);
    expect(await closeHours(store)).toBe(1);
    expect(await totals()).toMatchObject(counted);
    expect(await store.upkeep.rollups.unclosed(Infinity, 10)).toEqual([]);
  });
});
