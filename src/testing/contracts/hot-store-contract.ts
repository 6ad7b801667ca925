import type { LivePageQuery } from '#application/ports/hot-store';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Kind, kinds } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { commit, history } from './questions.ts';

/** What every `HotStore` answers over the same readings. */
export function hotStoreContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'the hot store', (it) => {
    const ids = async (store: TelemetryStore, kind: Kind, query: LivePageQuery) =>
      (await store.hot.page(kind, query)).map(({ deviceId }) => deviceId);

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

        equal(await store.hot.page(kind, { limit: 10 }), [at('d-1', 4), at('d-2', 5), at('d-3', 6), at('d-4', 1)]);
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

        equal(await ids(store, kind, { limit: 100 }), sorted);
        const seen: string[] = [];
        for (let after: string | undefined; ; after = seen.at(-1)) {
          const page = await ids(store, kind, { limit: 3, ...(after === undefined ? {} : { after }) });
          if (page.length === 0) break;
          seen.push(...page);
        }
        equal(seen, sorted);
      }
    });

    it('finds the devices that have gone quiet', async (store) => {
      for (const kind of kinds) {
        await commit(
          store,
          [0, 1, 2, 3].map((n) => aReading(kind, { deviceId: `d-${n}`, timestamp: START + n * MINUTE })),
        );

        equal(await ids(store, kind, { limit: 10, olderThan: START + 2 * MINUTE }), ['d-0', 'd-1']);
        equal(await ids(store, kind, { limit: 1, olderThan: START + 2 * MINUTE, after: 'd-0' }), ['d-1']);
        equal(await ids(store, kind, { limit: 10, olderThan: START }), []);
      }
    });

    it('lists the newest reading of each device', async (store) => {
      for (const kind of kinds) {
        await commit(store, [aReading(kind, { timestamp: START })]);
        const newest = aReading(kind, { timestamp: START + MINUTE, kwh: 0.4 });
        await commit(store, [newest]);

        equal(await store.hot.page(kind, { limit: 10 }), [newest], kind);
      }
    });
  });
}
