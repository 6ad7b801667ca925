import { expect, it, onTestFinished } from 'vitest';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { kinds } from '#domain/streams/streams';
import { aVehicleReading } from '#testing/readings';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';

it('the shapes of streams are recorded once by any number of engines that open a database at once', async () => {
  const database = temporaryDatabase();
  const opened = async () => {
    const store = await openMongoDbStore(database);
    onTestFinished(() => store.close());
    return store;
  };
  const engines = await Promise.all(Array.from({ length: 6 }, opened));
  await engines[0]?.writer.commit([aVehicleReading()]);
  const shapes = driverOf(database).collection('streams');
  const recorded = await shapes.find({}, { sort: { _id: 1 } }).toArray();
  expect(recorded.map(({ _id }) => String(_id))).toEqual(kinds);
  expect(recorded).toContainEqual({
    _id: 'vehicle',
    idField: 'vehicleId',
    energyField: 'kwhDeliveredDc',
    measured: ['soc', 'batteryTemp'],
    averaged: ['batteryTemp'],
  });

  await shapes.deleteMany({}); // as if engines had written the data that did not record them yet
  await Promise.all(Array.from({ length: 6 }, opened));

  expect(await shapes.find({}, { sort: { _id: 1 } }).toArray()).toEqual(recorded);
});
