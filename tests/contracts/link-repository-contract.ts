import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { MeterLink } from '#domain/meter-link';
import { DAY, HOUR } from '#domain/time/time';
import { aLink } from '#testing/links';
import { START } from '#testing/readings';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every `LinkRepository` does. */
export function linkRepositoryContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: links`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const add = async (...links: MeterLink[]) => (await store.links.add(links)).map(({ status }) => status);

    it('are stored and found', async () => {
      const [open, ended] = [aLink(), aLink({ meterId: 'M-2', to: START + DAY })];
      expect(await add(open, ended)).toEqual(['stored', 'stored']);

      expect(await store.links.find(open.id)).toEqual(open);
      expect(await store.links.find(ended.id)).toEqual(ended);
      expect(await store.links.find('nobody@0')).toBeUndefined();
    });

    it('are recognized as duplicates when they are the same', async () => {
      await add(aLink());
      expect(await add(aLink(), aLink())).toEqual(['duplicate', 'duplicate']);
    });

    it.each([
      ['the same interval', START, START + DAY],
      ['an end inside', START - DAY, START + HOUR],
      ['a beginning inside', START + HOUR, START + 2 * DAY],
      ['all of it', START - DAY, null],
      ['a part of it', START + HOUR, START + 2 * HOUR],
    ])('of one meter must not overlap: %s is refused and names the link in the way', async (_, from, to) => {
      const first = aLink({ to: START + DAY });
      await add(first);

      expect(await store.links.add([aLink({ vehicleId: 'EV-2', from, to })])).toEqual([
        { status: 'overlap', with: first },
      ]);
      expect(await store.links.list({ limit: 10 })).toEqual([first]);
    });

    it('of one meter may follow one another without a gap', async () => {
      expect(
        await add(
          aLink({ to: START + DAY }),
          aLink({ vehicleId: 'EV-2', from: START + DAY }),
          aLink({ vehicleId: 'EV-3', from: START - DAY, to: START }),
        ),
      ).toEqual(['stored', 'stored', 'stored']);
    });

    it('of different meters may feed one vehicle at once', async () => {
      expect(await add(aLink(), aLink({ meterId: 'M-2' }))).toEqual(['stored', 'stored']);
    });

    it('refused in the middle of many do not affect the others', async () => {
      expect(await add(aLink(), aLink({ from: START + HOUR }), aLink({ meterId: 'M-2' }))).toEqual([
        'stored',
        'overlap',
        'stored',
      ]);
    });

    it('written concurrently for one meter leave exactly one', async () => {
      const outcomes = await Promise.all(
        [0, 1, 2, 3, 4].map((n) => store.links.add([aLink({ vehicleId: `EV-${n}`, from: START + n * HOUR })])),
      );

      const statuses = outcomes.map(([outcome]) => outcome?.status);
      expect(statuses.filter((status) => status === 'stored')).toHaveLength(1);
      expect(await store.links.list({ limit: 10 })).toHaveLength(1);
    });

    it('can be ended, and reopened when nothing is in the way', async () => {
      const link = aLink();
      await add(link);

      expect(await store.links.end(link.id, START + DAY)).toEqual({ status: 'stored' });
      expect(await store.links.find(link.id)).toEqual({ ...link, to: START + DAY });
      expect(await store.links.end(link.id, null)).toEqual({ status: 'stored' });

      await store.links.end(link.id, START + DAY);
      const next = aLink({ vehicleId: 'EV-2', from: START + DAY });
      await add(next);
      expect(await store.links.end(link.id, null)).toEqual({ status: 'overlap', with: next });
      expect(await store.links.end('nobody@0', START)).toBeUndefined();
    });

    it('can be deleted', async () => {
      const link = aLink();
      await add(link);

      expect(await store.links.remove(link.id)).toBe(true);
      expect(await store.links.remove(link.id)).toBe(false);
      expect(await store.links.find(link.id)).toBeUndefined();
      expect(await add(aLink({ vehicleId: 'EV-2' }))).toEqual(['stored']);
    });

    it('are listed in the order of their ids, by meter, vehicle or moment, page by page', async () => {
      const a = aLink({ meterId: 'A', to: START + DAY });
      const a2 = aLink({ meterId: 'A', from: START + DAY, vehicleId: 'EV-2' });
      const b = aLink({ meterId: 'B' });
      await add(b, a2, a);
      const sorted = [a, a2, b].sort((x, y) => (x.id < y.id ? -1 : 1));

      expect(await store.links.list({ limit: 10 })).toEqual(sorted);
      expect(await store.links.list({ limit: 2 })).toEqual(sorted.slice(0, 2));
      expect(await store.links.list({ limit: 2, after: sorted[1]?.id ?? '' })).toEqual(sorted.slice(2));
      expect(await store.links.list({ limit: 10, meterId: 'A' })).toEqual([a, a2]);
      expect(await store.links.list({ limit: 10, vehicleId: 'EV-1' })).toEqual([a, b]);
      expect(await store.links.list({ limit: 10, at: START + DAY })).toEqual([a2, b]);
      expect(await store.links.list({ limit: 10, at: START + DAY - 1, meterId: 'A' })).toEqual([a]);
      expect(await store.links.list({ limit: 10, at: START - 1 })).toEqual([]);
    });

    it('are found by the window they overlap', async () => {
      const early = aLink({ to: START + DAY });
      const late = aLink({ from: START + DAY, vehicleId: 'EV-2' });
      const other = aLink({ meterId: 'M-0', from: START + HOUR, to: START + 2 * HOUR });
      await add(late, early, other);

      expect(await store.links.during({ from: START, to: START + 2 * DAY })).toEqual([early, other, late]);
      expect(await store.links.during({ from: START, to: START + HOUR })).toEqual([early]);
      expect(await store.links.during({ from: START + DAY, to: START + 2 * DAY })).toEqual([late]);
      expect(await store.links.during({ from: START, to: START + 2 * DAY }, 'EV-1')).toEqual([early, other]);
      expect(await store.links.during({ from: START - DAY, to: START })).toEqual([]);
    });
  });
}
