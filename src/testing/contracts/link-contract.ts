import type { RecordStore } from '#application/ports/record-store';
import type { MeterLink } from '#domain/meter-link';
import { DAY, HOUR } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aLink } from '../links.ts';
import { START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';

/** The links of the largest import. */
const IMPORT = 5_000;

const add = async ({ links }: RecordStore, ...added: MeterLink[]) =>
  (await links.add(added)).map(({ status }) => status);

/** What every `LinkRepository` does. */
export function linkContract(test: TestFunctions, subject: StoreUnderTest<RecordStore>): void {
  suite(test, subject, 'links', (it) => {
    it('are stored and found', async (store) => {
      const [open, ended] = [aLink(), aLink({ meterId: 'M-2', to: START + DAY })];
      equal(await add(store, open, ended), ['stored', 'stored']);

      equal(await store.links.find(open.id), open);
      equal(await store.links.find(ended.id), ended);
      equal(await store.links.find('nobody@0'), undefined);
    });

    it('are recognized as duplicates when they are the same', async (store) => {
      await add(store, aLink());
      equal(await add(store, aLink(), aLink()), ['duplicate', 'duplicate']);
    });

    for (const [what, from, to] of [
      ['the same interval', START, START + DAY],
      ['an end inside', START - DAY, START + HOUR],
      ['a beginning inside', START + HOUR, START + 2 * DAY],
      ['all of it', START - DAY, null],
      ['a part of it', START + HOUR, START + 2 * HOUR],
    ] as const) {
      it(`of one meter must not overlap: ${what} is refused and names the link in the way`, async (store) => {
        const first = aLink({ to: START + DAY });
        await add(store, first);

        equal(await store.links.add([aLink({ vehicleId: 'EV-2', from, to })]), [{ status: 'overlap', with: first }]);
        equal(await store.links.list({ limit: 10 }), [first]);
      });
    }

    it('of one meter may follow one another without a gap', async (store) => {
      equal(
        await add(
          store,
          aLink({ to: START + DAY }),
          aLink({ vehicleId: 'EV-2', from: START + DAY }),
          aLink({ vehicleId: 'EV-3', from: START - DAY, to: START }),
        ),
        ['stored', 'stored', 'stored'],
      );
    });

    it('of different meters may feed one vehicle at once', async (store) => {
      equal(await add(store, aLink(), aLink({ meterId: 'M-2' })), ['stored', 'stored']);
    });

    it('refused in the middle of many do not affect the others', async (store) => {
      equal(await add(store, aLink(), aLink({ from: START + HOUR }), aLink({ meterId: 'M-2' })), [
        'stored',
        'overlap',
        'stored',
      ]);
    });

    it('of one meter may be as many as an import brings, in any order', async (store) => {
      const links = Array.from({ length: IMPORT }, (_, n) => {
        const from = START + ((n * 7) % IMPORT) * HOUR; // 7 and the number have no common factor
        return aLink({ vehicleId: `EV-${n % 3}`, from, to: from + HOUR });
      });
      const between = aLink({ vehicleId: 'EV-9', from: START + 10 * HOUR + 1, to: null });

      equal(new Set(await add(store, ...links)), new Set(['stored']));
      equal(new Set(await add(store, ...links)), new Set(['duplicate']));
      const inTheWay = links.find(({ from }) => from === START + 10 * HOUR);
      equal(await store.links.add([between]), [{ status: 'overlap', with: inTheWay as MeterLink }]);
      const last = links.filter(({ from }) => from >= START + (IMPORT - 2) * HOUR).sort((a, b) => a.from - b.from);
      const window = { from: START + (IMPORT - 2) * HOUR, to: START + IMPORT * HOUR };
      equal(new Set(await store.links.during(window)), new Set(last));
      equal((await store.links.list({ limit: 3, meterId: 'M-1' })).length, 3);
      equal(await store.links.list({ limit: 3, meterId: 'M-' }), []);
    });

    it('written concurrently for one meter leave exactly one', async (store) => {
      const outcomes = await Promise.all(
        [0, 1, 2, 3, 4].map((n) => store.links.add([aLink({ vehicleId: `EV-${n}`, from: START + n * HOUR })])),
      );

      const statuses = outcomes.map(([outcome]) => outcome?.status);
      equal(statuses.filter((status) => status === 'stored').length, 1);
      equal((await store.links.list({ limit: 10 })).length, 1);
    });

    it('can be ended, and reopened when nothing is in the way', async (store) => {
      const link = aLink();
      await add(store, link);

      equal(await store.links.end(link.id, START + DAY), { status: 'stored' });
      equal(await store.links.find(link.id), { ...link, to: START + DAY });
      equal(await store.links.end(link.id, START + DAY), { status: 'duplicate' });
      equal(await store.links.end(link.id, null), { status: 'stored' });

      await store.links.end(link.id, START + DAY);
      const next = aLink({ vehicleId: 'EV-2', from: START + DAY });
      await add(store, next);
      equal(await store.links.end(link.id, null), { status: 'overlap', with: next });
      equal(await store.links.end('nobody@0', START), undefined);
    });

    it('can be deleted', async (store) => {
      const link = aLink();
      await add(store, link);

      equal(await store.links.remove(link.id), true);
      equal(await store.links.remove(link.id), false);
      equal(await store.links.find(link.id), undefined);
      equal(await add(store, aLink({ vehicleId: 'EV-2' })), ['stored']);
    });

    it('are listed in the order of their ids, by meter, vehicle or moment, page by page', async (store) => {
      const a = aLink({ meterId: 'A', to: START + DAY });
      const a2 = aLink({ meterId: 'A', from: START + DAY, vehicleId: 'EV-2' });
      const b = aLink({ meterId: 'B' });
      await add(store, b, a2, a);
      const sorted = [a, a2, b].sort((x, y) => (x.id < y.id ? -1 : 1));

      equal(await store.links.list({ limit: 10 }), sorted);
      equal(await store.links.list({ limit: 2 }), sorted.slice(0, 2));
      equal(await store.links.list({ limit: 2, after: sorted[1]?.id ?? '' }), sorted.slice(2));
      equal(await store.links.list({ limit: 10, meterId: 'A' }), [a, a2]);
      equal(await store.links.list({ limit: 10, vehicleId: 'EV-1' }), [a, b]);
      equal(await store.links.list({ limit: 10, at: START + DAY }), [a2, b]);
      equal(await store.links.list({ limit: 10, at: START + DAY - 1, meterId: 'A' }), [a]);
      equal(await store.links.list({ limit: 10, at: START - 1 }), []);
    });

    it('are found by the window they overlap', async (store) => {
      const early = aLink({ to: START + DAY });
      const late = aLink({ from: START + DAY, vehicleId: 'EV-2' });
      const other = aLink({ meterId: 'M-0', from: START + HOUR, to: START + 2 * HOUR });
      await add(store, late, early, other);

      equal(await store.links.during({ from: START, to: START + 2 * DAY }), [early, other, late]);
      equal(await store.links.during({ from: START, to: START + HOUR }), [early]);
      equal(await store.links.during({ from: START + DAY, to: START + 2 * DAY }), [late]);
      equal(await store.links.during({ from: START, to: START + 2 * DAY }, 'EV-1'), [early, other]);
      equal(await store.links.during({ from: START - DAY, to: START }), []);
    });
  });
}
