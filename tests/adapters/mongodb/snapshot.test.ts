import { type Document, MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { inSnapshot } from '#adapters/outbound/mongodb/hours/snapshot';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { HOUR } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

it('a snapshot still sees in a later read what was deleted after the first', async () => {
  const { uri, database } = temporaryDatabase();
  const client = new MongoClient(uri, { readConcern: { level: 'majority' } });
  onTestFinished(() => client.close());
  const one = client.db(database).collection('one');
  const other = client.db(database).collection('other');
  for (const collection of [one, other]) await collection.insertOne({}, { writeConcern: { w: 'majority' } });

  const seen = await inSnapshot(client, async (snapshot) => {
    const first = await one.find({}, snapshot()).toArray();
    await other.deleteMany({}, { writeConcern: { w: 'majority' } });
    return [first.length, (await other.find({}, snapshot()).toArray()).length];
  });

  expect(seen).toEqual([1, 1]);
  expect(await other.countDocuments()).toBe(0);
});

it('sums are read in a snapshot: which hours are closed, their sums, and the readings of the others', async () => {
  const database = temporaryDatabase();
  const store = await openMongoDbStore({ ...database, liveDocuments: false }); // their sweep would read, too
  onTestFinished(() => store.close());
  await store.writer.commit([aVehicleReading(), aVehicleReading({ timestamp: START + HOUR })]);
  await closeHours(store, START + HOUR);
  const db = driverOf(database);
  await db.command({ profile: 2 });
  const window = { from: START, to: START + 2 * HOUR };

  await store.cold.deviceTotals('vehicle', 'EV-1', window);
  await store.cold.totalsByDevice('vehicle', window);
  await store.upkeep.rollups.closed({ kind: 'vehicle', hour: START });

  await db.command({ profile: 0 });
  const profile = db.collection<{ command: Document }>('system.profile');
  const reads = await profile.find({ 'command.aggregate': { $exists: true } }, { sort: { ts: 1 } }).toArray();
  const concerns = reads.map(({ command }) => command.readConcern);
  expect(concerns.map(({ level }) => level)).toEqual(Array(6).fill('snapshot'));
  expect(concerns.map(({ atClusterTime }) => atClusterTime !== undefined)).toEqual(
    [false, true, false, true, false, true], // the first read of each sets the time
  );
});
