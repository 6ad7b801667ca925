import type { Db } from 'mongodb';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { MongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { aMeterReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import { closeHours } from '#testing/upkeep';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from '#tests/support/mongodb-database';
import { examined } from '#tests/support/mongodb-explain';

const DEVICES = 12;
const HOURS = 5;
/** Documents read to find out where the sums are: one lane per hour, the ends of the scans, and the horizon. */
const PLAN = HOURS + 2 + 1;
const SCANS = ['CLUSTERED_IXSCAN', 'IDHACK']; // the horizon by its id, everything else by ranges
const deviceId = (n: number) => `M-${String(n).padStart(3, '0')}`;
const ONE = deviceId(6);

/** A bounded scan also examines the document that ends it. */
const atMost = (documents: number, scans: number) => documents + 2 * scans;

describe('MongoDB examines only', () => {
  let store: MongoDbStore;
  let db: Db;
  let database: TemporaryDatabase;

  beforeEach(async () => {
    database = temporaryDatabase();
    store = await openMongoDbStore({ ...database, liveDocuments: false }); // their sweep would read, too
    onTestFinished(() => store.close());
    for (let hour = 0; hour < HOURS; hour++) {
      await store.writer.commit(
        Array.from({ length: DEVICES * 60 }, (_, i) =>
          aMeterReading({
            deviceId: deviceId(i % DEVICES),
            timestamp: START + hour * HOUR + Math.floor(i / DEVICES) * MINUTE,
          }),
        ),
      );
    }
    db = driverOf(database);
  });

  it('one device in the hours of the window for its totals, before the hours are closed', async () => {
    const window = { from: START + 30 * MINUTE, to: START + 4 * HOUR - 30 * MINUTE };
    const { documents, scans } = await examined(db, () => store.cold.deviceTotals('meter', ONE, window));

    expect(documents).toBeGreaterThanOrEqual(180);
    expect(documents).toBeLessThanOrEqual(atMost(180, 4) + PLAN);
    expect(documents).toBeLessThanOrEqual(180 * 1.1);
    expect(scans).toEqual(SCANS);
  });

  it('one device in the hours that have readings for its totals over a very long window', async () => {
    const window = { from: START - 400 * DAY, to: START + 400 * DAY };
    const { documents, scans } = await examined(db, () => store.cold.deviceTotals('meter', ONE, window));

    expect(documents).toBeLessThanOrEqual(atMost(HOURS * 60, HOURS) + PLAN);
    expect(scans).toEqual(SCANS);
  });

  it('one sum per hour, and the readings of the edges, once the hours are closed', async () => {
    await closeHours(store);
    const window = { from: START + 50 * MINUTE, to: START + 4 * HOUR + 10 * MINUTE };
    const { documents, scans } = await examined(db, () => store.cold.deviceTotals('meter', ONE, window));

    expect(documents).toBeGreaterThanOrEqual(10 + 3 + 10);
    // The sums of a device are stored by day: START is noon, so all five hours are scanned.
    expect(documents).toBeLessThanOrEqual(atMost(10 + HOURS + 10, 3) + PLAN + HOURS);
    expect(scans).toEqual(SCANS);
  });

  it('one sum per hour for the series of a device and for the totals of all devices', async () => {
    await closeHours(store);
    const window = { from: START, to: START + HOURS * HOUR };
    const series = await examined(db, () => seriesOf(store.cold, 'meter', ONE, window, HOUR));
    const all = await examined(db, () => store.cold.totalsByDevice('meter', window));
    const again = await examined(db, () => store.cold.totalsByDevice('meter', window));

    expect(series.documents).toBeLessThanOrEqual(atMost(HOURS, 1) + PLAN + HOURS);
    expect(series.scans).toEqual(SCANS);
    expect(all.documents).toBeLessThanOrEqual(atMost(DEVICES * HOURS, 1) + PLAN + HOURS);
    expect(all.scans).toEqual(SCANS);
    expect(again.documents).toBeLessThanOrEqual(PLAN + 2 * HOURS);
  });

  it('a page of one device for its history', async () => {
    const window = { from: START, to: START + 5 * HOUR };
    const { documents, scans } = await examined(db, () => store.cold.history('meter', ONE, window, { limit: 100 }));

    expect(documents).toBeGreaterThanOrEqual(100);
    expect(documents).toBeLessThanOrEqual(atMost(3 * 60, 3)); // the hours that hold the page, and one more
    expect(scans.toSorted()).toEqual(SCANS.toSorted());
  });

  it('the documents to be deleted when history is dropped, and none that stay', async () => {
    await closeHours(store);
    const { documents } = await examined(db, () => store.upkeep.retention.dropBefore(START + HOUR));

    expect(documents).toBeLessThanOrEqual(atMost(DEVICES * 60, 1) + 2 * (PLAN + HOURS));
  });

  it('the minutes of the edges and the hours between them for the totals of the fleet', async () => {
    const window = { from: START + 40 * MINUTE, to: START + 3 * HOUR + 20 * MINUTE };
    const { documents, scans } = await examined(db, () => store.cold.fleetTotals(window));

    expect(documents).toBeGreaterThanOrEqual(20 + 2 + 20);
    expect(documents).toBeLessThanOrEqual(atMost(20 + 2 + 20, 3));
    expect(scans).toEqual(['CLUSTERED_IXSCAN']);
  });

  it('the hours of the window for the fleet hour by hour', async () => {
    const window = { from: START, to: START + 3 * HOUR };
    const { documents, scans } = await examined(db, () => store.cold.fleetHours(window));

    expect(documents).toBeLessThanOrEqual(atMost(3, 1));
    expect(scans).toEqual(['CLUSTERED_IXSCAN']);
  });

  it('a device and the last reading of its hour for its live state', async () => {
    const { statements, documents, scans } = await examined(db, () => store.hot.newest('meter', ONE));

    expect(statements).toBe(1);
    expect(documents).toBeLessThanOrEqual(atMost(2, 1));
    expect(scans.toSorted()).toEqual(SCANS.toSorted());
  });

  it('the last reading of an hour for each device on a page of live states', async () => {
    const { documents } = await examined(db, () => store.hot.page('meter', { after: ONE, limit: 3 }));

    expect(documents).toBeGreaterThanOrEqual(3 + 3);
    expect(documents).toBeLessThanOrEqual(3 + atMost(3, 3));
  });

  it('the readings of devices not seen since, on a page of stale devices', async () => {
    const fresh = { from: START + (HOURS - 1) * HOUR + 50 * MINUTE, to: START + HOURS * HOUR };
    const query = { limit: 100, filter: { window: fresh, inside: false } };
    await store.writer.commit([aMeterReading({ deviceId: 'M-silent', timestamp: START + (HOURS - 1) * HOUR })]);
    const other = await openMongoDbStore({ ...database, liveDocuments: false });
    onTestFinished(() => other.close());

    const here = await examined(db, () => store.hot.page('meter', query));
    const elsewhere = await examined(db, () => other.hot.page('meter', query));
    const again = await examined(db, () => other.hot.page('meter', query));

    expect((await other.hot.page('meter', query)).readings.map(({ deviceId: id }) => id)).toEqual(['M-silent']);
    for (const { documents } of [here, again]) {
      expect(documents).toBeGreaterThanOrEqual(DEVICES + 1 + 1);
      expect(documents).toBeLessThanOrEqual(DEVICES + 1 + atMost(1, 1));
    }
    expect(elsewhere.documents).toBeGreaterThanOrEqual(2 * (DEVICES + 1));
  });

  it('the neighbours of a link that is added or ended, and the links of a vehicle that are not over', async () => {
    const links = Array.from({ length: 300 }, (_, n) => aLink({ from: START + n * HOUR, to: START + (n + 1) * HOUR }));
    await store.links.add(links);
    const next = aLink({ vehicleId: 'EV-2', from: START + 300 * HOUR });

    const adding = await examined(db, () => store.links.add([next]));
    const ending = await examined(db, () => store.links.end(next.id, START + 301 * HOUR));
    const during = await examined(db, () =>
      store.links.during({ from: START + 299 * HOUR, to: START + 301 * HOUR }, 'EV-1'),
    );

    for (const { documents } of [adding, ending, during]) expect(documents).toBeLessThanOrEqual(5);
    expect(adding.documents).toBeGreaterThanOrEqual(1);
  });

  it('the keys of readings that are sent again, and none between them', async () => {
    const again = [0, DEVICES - 1].map((n) => aMeterReading({ deviceId: deviceId(n), timestamp: START + n * MINUTE }));
    const { documents } = await examined(db, () => store.writer.commit(again));

    expect(documents).toBeGreaterThanOrEqual(2);
    expect(documents).toBeLessThanOrEqual(2 * 2);
  });
});
