import { type LivePageQuery, MAX_DEVICES_PER_PAGE } from '#application/ports/hot-store';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Kind, kinds } from '#domain/streams/streams';
import { HOUR, MINUTE } from '#domain/time/time';
import { ensure, equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { commit, history } from './questions.ts';

/** What every `HotStore` answers over the same readings. */
export function hotStoreContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'the hot store', (it) => {
    const page = async (store: TelemetryStore, kind: Kind, query: LivePageQuery) => {
      const { readings, next } = await store.hot.page(kind, query);
      return { ids: readings.map(({ deviceId }) => deviceId), next };
    };
    /** The ids of all pages, one after the other. */
    const walk = async (store: TelemetryStore, kind: Kind, query: LivePageQuery) => {
      const all: string[] = [];
      for (let after: string | null | undefined = query.after; after !== null; ) {
        const { ids, next } = await page(store, kind, { ...query, ...(after !== undefined && { after }) });
        ensure(ids.length <= query.limit, `a page of ${ids.length} devices is longer than its limit`);
        ensure(next === null || after === undefined || next > after, 'a page does not lead on');
        all.push(...ids);
        after = next;
      }
      return all;
    };
    /** A device for each of the minutes 0, 1, 2, ... */
    const devicesByMinute = (kind: Kind, count: number) =>
      Array.from({ length: count }, (_, n) => aReading(kind, { deviceId: `d-${n}`, timestamp: START + n * MINUTE }));

    it('returns nothing for a device without readings, and does not know it', async (store) => {
      for (const kind of kinds) {
        await commit(store, [aReading(kind, { deviceId: kind })]);

        equal(await store.hot.newest(kind, 'unknown'), undefined);
        equal(await store.hot.knows(kind, 'unknown'), false);
        equal(await store.hot.knows(kind, kind), true);
      }
      for (const kind of kinds) {
        for (const other of kinds.filter((one) => one !== kind)) {
          equal(await store.hot.newest(kind, other), undefined);
          equal(await store.hot.knows(kind, other), false);
        }
      }
    });

    it('advances by timestamp: a late reading is counted but does not change it', async (store) => {
      for (const kind of kinds) {
        const newest = aReading(kind, { timestamp: START + 2 * MINUTE, kwh: 0.2 });
        const late = aReading(kind, { timestamp: START, kwh: 0.3 });
        await commit(store, [newest]);

        equal(await commit(store, [late]), ['stored']);

        equal(await store.hot.newest(kind, `${kind}-1`), newest, kind);
        equal(await history(store, kind, `${kind}-1`), [late, newest], kind);
      }
    });

    it('returns the newest reading of a batch, whatever their order', async (store) => {
      for (const kind of kinds) {
        await commit(
          store,
          [3, 1, 4, 0, 2].map((n) => aReading(kind, { timestamp: START + n * MINUTE })),
        );

        equal((await store.hot.newest(kind, `${kind}-1`))?.timestamp, START + 4 * MINUTE, kind);
      }
    });

    it('advances each device independently, or not at all', async (store) => {
      for (const kind of kinds) {
        const at = (deviceId: string, n: number) => aReading(kind, { deviceId, timestamp: START + n * MINUTE });
        await commit(store, [at('d-1', 2), at('d-2', 5), at('d-3', 3)]);

        await commit(store, [at('d-1', 4), at('d-2', 4), at('d-3', 6), at('d-4', 1)]);

        const readings = [at('d-1', 4), at('d-2', 5), at('d-3', 6), at('d-4', 1)];
        equal(await store.hot.page(kind, { limit: 10 }), { readings, next: null });
      }
    });

    it('pages through the devices of one stream in the order of their ids, each once', async (store) => {
      const all = ['M-10', 'M-9', 'a', 'Z', 'M-1', '_', '0', 'b:1', 'b.1', 'b-1'];
      for (const kind of kinds) {
        const own = all.map((id) => `${id}${kind}`);
        await commit(
          store,
          own.map((deviceId) => aReading(kind, { deviceId })),
        );
      }
      for (const kind of kinds) {
        const sorted = all.map((id) => `${id}${kind}`).sort();

        equal(await page(store, kind, { limit: 100 }), { ids: sorted, next: null });
        equal(await page(store, kind, { limit: sorted.length }), { ids: sorted, next: null });
        equal(await page(store, kind, { limit: 3 }), { ids: sorted.slice(0, 3), next: sorted[2] ?? null });
        for (const limit of [1, 3]) equal(await walk(store, kind, { limit }), sorted);
      }
    });

    it('chooses the devices whose newest reading lies inside a window, or outside of it', async (store) => {
      for (const kind of kinds) {
        await commit(store, devicesByMinute(kind, 5));
        const window = { from: START + MINUTE, to: START + 3 * MINUTE };
        const [inside, outside] = [
          { window, inside: true },
          { window, inside: false },
        ];

        equal(await page(store, kind, { limit: 10, filter: inside }), { ids: ['d-1', 'd-2'], next: null }, kind);
        equal(
          await page(store, kind, { limit: 10, filter: outside }),
          { ids: ['d-0', 'd-3', 'd-4'], next: null },
          kind,
        );
        equal(await page(store, kind, { limit: 10, filter: outside, after: 'd-0' }), {
          ids: ['d-3', 'd-4'],
          next: null,
        });
        for (const limit of [1, 2]) {
          equal(await walk(store, kind, { limit, filter: inside }), ['d-1', 'd-2'], kind);
          equal(await walk(store, kind, { limit, filter: outside }), ['d-0', 'd-3', 'd-4'], kind);
        }
        await commit(store, [aReading(kind, { deviceId: 'd-1', timestamp: START + 3 * MINUTE })]);
        equal(await walk(store, kind, { limit: 10, filter: inside }), ['d-2'], kind);
      }
    });

    it('ends a page early when hardly any device passes, so that none examines a whole fleet', async (store) => {
      for (const kind of kinds) {
        const fleet = devicesByMinute(kind, MAX_DEVICES_PER_PAGE + 2).map((one) => ({ ...one, timestamp: START }));
        const [last] = fleet
          .map(({ deviceId }) => deviceId)
          .sort()
          .slice(-1);
        const passing = aReading(kind, { deviceId: last ?? '', timestamp: START + HOUR });
        await commit(store, [...fleet, passing]);
        const hour = { from: START + HOUR, to: START + 2 * HOUR };

        const first = await page(store, kind, { limit: 1, filter: { window: hour, inside: true } });

        equal(first.ids, [], kind);
        ensure(first.next !== null, 'the first page examined all devices');
        equal(await walk(store, kind, { limit: 1, filter: { window: hour, inside: true } }), [last as string], kind);
        const never = { from: START - HOUR, to: START };
        equal(await walk(store, kind, { limit: 1, filter: { window: never, inside: true } }), [], kind);
        const all = await walk(store, kind, { limit: 1_000, filter: { window: never, inside: false } });
        equal(all, fleet.map(({ deviceId }) => deviceId).sort(), kind);
      }
    });

    it('lists the newest reading of each device', async (store) => {
      for (const kind of kinds) {
        await commit(store, [aReading(kind, { timestamp: START })]);
        const newest = aReading(kind, { timestamp: START + MINUTE, kwh: 0.4 });
        await commit(store, [newest]);

        equal(await store.hot.page(kind, { limit: 10 }), { readings: [newest], next: null }, kind);
      }
    });
  });
}
