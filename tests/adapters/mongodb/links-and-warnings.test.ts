import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { MongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { overlaps } from '#domain/meter-link';
import { HOUR } from '#domain/time/time';
import { aLink } from '#testing/links';
import { START } from '#testing/readings';
import { aWarning, aWatch } from '#testing/warnings';
import { temporaryDatabase } from '#tests/support/mongodb-database';

describe('several processes on one MongoDB', () => {
  let stores: readonly [MongoDbStore, MongoDbStore];

  beforeEach(async () => {
    const database = temporaryDatabase();
    stores = [await openMongoDbStore(database), await openMongoDbStore(database)];
    onTestFinished(async () => {
      for (const store of stores) await store.close();
    });
  });

  it('never leave overlapping links of one meter, even when they add and end links at once', async () => {
    const [one, other] = stores;
    for (let round = 0; round < 10; round++) {
      const meterId = `M-${round}`;
      const first = aLink({ meterId, from: START, to: START + 2 * HOUR });
      await one.links.add([first]);

      // Reopening the first link and adding a later one cannot both succeed.
      const [opened, [added]] = await Promise.all([
        one.links.end(first.id, null),
        other.links.add([aLink({ meterId, vehicleId: 'EV-2', from: START + 3 * HOUR })]),
      ]);

      expect([opened?.status, added?.status].sort()).toEqual(['overlap', 'stored']);
      const links = await one.links.list({ meterId, limit: 10 });
      for (const a of links) for (const b of links) expect(a.id !== b.id && overlaps(a, b)).toBe(false);
    }
  });

  it('can add thousands of links at once', async () => {
    const links = Array.from({ length: 2_000 }, (_, n) => aLink({ meterId: `M-${n}`, vehicleId: `EV-${n}` }));

    const outcomes = await Promise.all(stores.map((store) => store.links.add(links)));

    const statuses = outcomes.flat().map(({ status }) => status);
    expect(statuses.filter((status) => status === 'stored')).toHaveLength(2_000);
    expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(2_000);
    expect(await stores[0].links.during({ from: START, to: START + HOUR })).toHaveLength(2_000);
  });

  it('keep one warning per vehicle when they evaluate the same window', async () => {
    const vehicles = Array.from({ length: 600 }, (_, n) => `EV-${n}`);
    const changes = vehicles.map((vehicleId) => {
      const warning = aWarning({ vehicleId });
      return { watch: aWatch(warning, START, vehicleId), changed: warning };
    });

    await Promise.all(stores.map((store) => store.warnings.keep(changes)));

    expect(await stores[0].warnings.list({ limit: 1_000 })).toHaveLength(600);
    expect((await stores[1].warnings.watches(vehicles)).get('EV-7')).toEqual(changes[7]?.watch);
  });
});
