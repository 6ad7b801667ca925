import { expect, it, onTestFinished } from 'vitest';
import { hourCollections } from '#adapters/outbound/mongodb/hours/hour-documents';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import { closeHours } from '#testing/upkeep';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

it('ignores readings before the horizon that an interrupted drop has left, and drops them the next time', async () => {
  const database = temporaryDatabase();
  const store = await openMongoDbStore(database);
  onTestFinished(() => store.close());
  const { marks, history } = hourCollections(driverOf(database));
  const readings = [10, 40, 70, 100].map((n) => aVehicleReading({ timestamp: START + n * MINUTE, kwh: 1 }));
  await store.writer.commit(readings);
  await closeHours(store);

  await marks.insertOne({ _id: 'horizon', time: new Date(START + HOUR) });

  const [half, day] = [
    { from: START, to: START + HOUR / 2 },
    { from: START, to: START + DAY },
  ];
  expect(await store.cold.history('vehicle', 'EV-1', day, { limit: 10 })).toEqual(readings.slice(2));
  expect((await store.cold.deviceTotals('vehicle', 'EV-1', half)).readings).toBe(0);
  expect(await seriesOf(store.cold, 'vehicle', 'EV-1', day, MINUTE)).toHaveLength(2);
  expect((await store.cold.deviceTotals('vehicle', 'EV-1', day)).readings).toBe(4);

  expect(await store.upkeep.retention.dropBefore(START + HOUR)).toBe(START + HOUR);
  expect(await history.vehicle.countDocuments()).toBe(2);
});

it('drops a reading that was live state once its device has sent again', async () => {
  const database = temporaryDatabase();
  const store = await openMongoDbStore(database);
  onTestFinished(() => store.close());
  const { history } = hourCollections(driverOf(database));
  const at = (deviceId: string, n: number) => aVehicleReading({ deviceId, timestamp: START + n * MINUTE });
  await store.writer.commit([at('EV-1', 0), at('EV-1', 10), at('EV-2', 0), at('EV-2', 70)]);
  await closeHours(store);

  await store.upkeep.retention.dropBefore(START + HOUR);
  expect(await history.vehicle.countDocuments()).toBe(2);
  expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(at('EV-1', 10));

  await store.writer.commit([at('EV-1', 130)]);
  await closeHours(store);
  await store.upkeep.retention.dropBefore(START + 2 * HOUR);
  expect(await history.vehicle.distinct('_id.timestamp')).toEqual([
    new Date(START + 70 * MINUTE),
    new Date(START + 130 * MINUTE),
  ]);
  expect(await store.hot.newest('vehicle', 'EV-2')).toEqual(at('EV-2', 70));
});

it('drops an hour that takes several chunks, and stops when the signal aborts', async () => {
  const database = temporaryDatabase();
  const store = await openMongoDbStore(database);
  onTestFinished(() => store.close());
  for (const second of [0, 1, 2, 3, 4, HOUR]) {
    await store.writer.commit(
      Array.from({ length: 5_000 }, (_, n) => aVehicleReading({ deviceId: `EV-${n}`, timestamp: START + second })),
    );
  }
  await closeHours(store);

  const { vehicle } = hourCollections(driverOf(database)).history;
  await store.upkeep.retention.dropBefore(START + HOUR, AbortSignal.abort());
  expect(await vehicle.countDocuments()).toBe(30_000);
  await store.upkeep.retention.dropBefore(START + HOUR);

  expect(await vehicle.countDocuments()).toBe(5_000);
  const all = await store.cold.totalsByDevice('vehicle', { from: START, to: START + HOUR });
  expect(all.size).toBe(5_000);
  expect(all.get('EV-4999')?.readings).toBe(5);
});
