import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Kind, kinds } from '#domain/streams/streams';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { ensure, equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import { seriesOf } from '../series-of.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { closeHours, retentionOf } from '../upkeep.ts';
import { commit } from './questions.ts';

const all = { from: START, to: START + DAY };
const device = (kind: Kind) => `${kind}-1`;
/** A reading every half hour, for three hours. */
const readingsOf = (kind: Kind) =>
  [0, 30, 60, 90, 120, 150].map((n) => aReading(kind, { timestamp: START + n * MINUTE, kwh: 1 }));

/** What a store keeps when it drops old history. */
export function retentionContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(
    test,
    subject,
    'retention',
    (it) => {
      const unclosed = async ({ upkeep }: TelemetryStore) => (await upkeep.rollups?.unclosed(Infinity, 10)) ?? [];

      it('has no horizon before anything was dropped', async (store) => {
        await commit(store, kinds.flatMap(readingsOf));
        equal(await retentionOf(store).horizon(), undefined);
      });

      it('drops the history before an hour and keeps the sums', async (store) => {
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store);

        equal(await retentionOf(store).dropBefore(START + 2 * HOUR), START + 2 * HOUR);

        equal(await retentionOf(store).horizon(), START + 2 * HOUR);
        for (const kind of kinds) {
          const readings = readingsOf(kind);
          equal(await store.cold.history(kind, device(kind), all, { limit: 10 }), readings.slice(4));
          equal((await store.cold.deviceTotals(kind, device(kind), all)).energy, 6_000_000);
          equal((await store.cold.totalsByDevice(kind, all)).get(device(kind))?.readings, 6);
          equal((await seriesOf(store.cold, kind, device(kind), all, HOUR)).length, 3);
          equal((await store.cold.fleetTotals(all))[kind], { energy: 6_000_000, readings: 6 });
          equal(await store.hot.newest(kind, device(kind)), readings[5]);
        }
        equal(await unclosed(store), []);
      });

      it('keeps the live state of a device that has sent nothing since', async (store) => {
        const silent = kinds.map((kind) => aReading(kind, { deviceId: 'd-0', kwh: 0.012 }));
        await commit(store, [...kinds.flatMap(readingsOf), ...silent]);
        await closeHours(store);
        await retentionOf(store).dropBefore(START + 2 * HOUR);

        for (const [n, kind] of kinds.entries()) {
          equal(await store.hot.newest(kind, 'd-0'), silent[n], kind);
          equal(await store.hot.knows(kind, 'd-0'), true);
          const page = [silent[n], readingsOf(kind)[5]];
          equal((await store.hot.page(kind, { limit: 10 })).readings, page as typeof silent, kind);

          const heard = aReading(kind, { deviceId: 'd-0', timestamp: START + 3 * HOUR });
          await commit(store, [heard]);
          equal(await store.hot.newest(kind, 'd-0'), heard, kind);
        }
      });

      it('never moves its horizon backwards', async (store) => {
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store);
        await retentionOf(store).dropBefore(START + 2 * HOUR);

        equal(await retentionOf(store).dropBefore(START + HOUR), START + 2 * HOUR);
        equal(await retentionOf(store).horizon(), START + 2 * HOUR);
      });

      it('keeps the sums of a dropped hour, whatever arrives for it afterwards', async (store) => {
        const hour = { from: START, to: START + HOUR };
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store);
        await retentionOf(store).dropBefore(START + HOUR);
        const answers = (kind: Kind) =>
          Promise.all([
            store.cold.deviceTotals(kind, device(kind), hour),
            store.cold.deviceTotals(kind, 'other', hour),
            seriesOf(store.cold, kind, device(kind), all, HOUR),
            seriesOf(store.cold, kind, device(kind), all, MINUTE),
            store.cold.totalsByDevice(kind, all),
            store.cold.history(kind, device(kind), all, { limit: 10 }),
            store.upkeep.rollups?.closed({ kind, hour: START }),
          ]);
        for (const kind of kinds) {
          const before = await answers(kind);
          equal([before[0].energy, before[0].readings], [2_000_000, 2]);

          const late = [device(kind), 'other'].map((deviceId) =>
            aReading(kind, { deviceId, timestamp: START + 1, kwh: 7 }),
          );
          equal(await commit(store, late), ['stored', 'stored']);
          equal(await answers(kind), before, kind);
          equal((await store.cold.fleetTotals(hour))[kind], { energy: 16_000_000, readings: 4 });
          equal(await store.hot.newest(kind, 'other'), late[1]);
          equal(await unclosed(store), []);
          await store.upkeep.rollups?.close({ kind, hour: START });
          equal(await answers(kind), before, kind);
        }

        equal(await retentionOf(store).dropBefore(START + 2 * HOUR), START + 2 * HOUR);
        for (const kind of kinds) {
          equal((await seriesOf(store.cold, kind, device(kind), all, HOUR)).length, 3);
          equal((await store.cold.deviceTotals(kind, device(kind), all)).readings, 6);
        }
      });

      it('stops when the signal aborts, with the horizon moved so far, and drops the rest the next time', async (store) => {
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store);

        equal(await retentionOf(store).dropBefore(START + HOUR, AbortSignal.abort()), START + HOUR);
        for (const kind of kinds) {
          equal(await store.cold.history(kind, device(kind), all, { limit: 10 }), readingsOf(kind).slice(2));
          equal((await store.cold.deviceTotals(kind, device(kind), all)).readings, 6);
        }

        equal(await retentionOf(store).dropBefore(START + 2 * HOUR), START + 2 * HOUR);
        for (const kind of kinds) {
          equal(await store.cold.history(kind, device(kind), all, { limit: 10 }), readingsOf(kind).slice(4));
          equal((await store.cold.deviceTotals(kind, device(kind), all)).readings, 6);
        }
      });

      it('moves its horizon back from the future, and all sums are those of the readings that are left', async (store) => {
        const hour = START + 2 * HOUR;
        const within = { from: hour, to: hour + HOUR };
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store);
        await retentionOf(store).dropBefore(START + 400 * DAY);

        await retentionOf(store).moveBack(hour);

        equal(await retentionOf(store).horizon(), hour);
        const counted = new Map<Kind, number>();
        for (const kind of kinds) {
          const newest = aReading(kind, { timestamp: hour + 30 * MINUTE, kwh: 1 });
          const left = await store.cold.history(kind, device(kind), all, { limit: 10 });
          equal(left, left.length === 0 ? [] : [newest]);
          const sent = [0, 1].map((minute) => aReading(kind, { timestamp: hour + minute * MINUTE, kwh: 1 }));
          equal(await commit(store, sent), ['stored', 'stored']);
          const readings = sent.length + left.length;
          counted.set(kind, readings);
          const sums = { energy: readings * 1_000_000, readings };
          equal(await store.cold.history(kind, device(kind), all, { limit: 10 }), [...sent, ...left]);
          equal((await store.cold.fleetTotals(within))[kind], sums);
          equal((await store.cold.fleetTotals({ from: hour, to: hour + 30 * MINUTE }))[kind].readings, sent.length);
          equal((await store.cold.fleetHours(within))[0]?.totals[kind], sums);
          equal((await store.cold.deviceTotals(kind, device(kind), within)).energy, sums.energy);
          equal((await store.cold.deviceTotals(kind, device(kind), all)).readings, 4 + readings);
          equal(await store.hot.newest(kind, device(kind)), newest);
        }
        await closeHours(store);
        equal(await unclosed(store), []);
        equal(await retentionOf(store).dropBefore(START + 3 * HOUR), START + 3 * HOUR);
        for (const kind of kinds) {
          equal((await store.cold.deviceTotals(kind, device(kind), within)).readings, counted.get(kind));
        }
      });

      it('moves its horizon back only to an earlier time', async (store) => {
        await retentionOf(store).moveBack(START);
        equal(await retentionOf(store).horizon(), undefined);
        await retentionOf(store).dropBefore(START + HOUR);
        await retentionOf(store).moveBack(START + 2 * HOUR);
        equal(await retentionOf(store).horizon(), START + HOUR);
      });

      it('drops no hour that has no sums yet', async (store) => {
        await commit(store, kinds.flatMap(readingsOf));
        await closeHours(store, START + HOUR);
        const { rollups } = store.upkeep;

        await retentionOf(store).dropBefore(START + 3 * HOUR);

        for (const kind of kinds) {
          const left = await store.cold.history(kind, device(kind), all, { limit: 10 });
          const expected = rollups === undefined ? 0 : 4;
          ensure(left.length === expected, `${left.length} instead of ${expected} ${kind} readings are left`);
          equal((await store.cold.deviceTotals(kind, device(kind), all)).energy, 6_000_000);
        }
      });
    },
    ['retention'],
  );
}
