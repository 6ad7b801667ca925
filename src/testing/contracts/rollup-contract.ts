import type { TelemetryStore } from '#application/ports/telemetry-store';
import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { Reading } from '#domain/reading/reading';
import { averagedFields, kinds } from '#domain/streams/streams';
import { DAY, floorTo, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { ensure, equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import { seriesOf } from '../series-of.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { closeHours, rollupsOf } from '../upkeep.ts';
import { commit, totalsOf } from './questions.ts';

/** Five hours of two devices of each stream, a reading every two minutes. */
const readings: readonly Reading[] = Array.from({ length: 150 }, (_, i) =>
  kinds.flatMap((kind) => {
    const values = Object.fromEntries(averagedFields(kind).map((name) => [name, 20 + i / 10]));
    return [
      aReading(kind, { deviceId: 'd-1', timestamp: START + 2 * i * MINUTE + 7, kwh: 0.001 * (i + 1), values }),
      aReading(kind, { deviceId: 'd-2', timestamp: START + 2 * i * MINUTE, kwh: 0.05 }),
    ];
  }),
).flat();

const windows: readonly TimeWindow[] = [
  { from: START, to: START + 5 * HOUR },
  { from: START - DAY, to: START + DAY },
  { from: START + 30 * MINUTE, to: START + 4 * HOUR + 30 * MINUTE },
  { from: START + HOUR + 7, to: START + 3 * HOUR + 8 },
  { from: START + 10 * MINUTE, to: START + 20 * MINUTE },
  { from: START + HOUR, to: START + 2 * HOUR },
];

function totals({ cold }: TelemetryStore) {
  return Promise.all(windows.flatMap((window) => kinds.map((kind) => cold.deviceTotals(kind, 'd-1', window))));
}

function expectedTotals(of: readonly Reading[]) {
  return windows.flatMap((window) => kinds.map((kind) => totalsOf(of, kind, 'd-1', window)));
}

/** Every store gives the same answers before, while and after its hours are closed. */
export function rollupContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'hourly sums', (it) => {
    it('change no answer: the same before and after closing, and after a late reading', async (store) => {
      await commit(store, readings);
      equal(await totals(store), expectedTotals(readings));
      await closeHours(store);
      equal(await totals(store), expectedTotals(readings));

      const late = kinds.map((kind) => aReading(kind, { deviceId: 'd-1', timestamp: START + 90 * MINUTE + 1, kwh: 3 }));
      await commit(store, late);
      equal(await totals(store), expectedTotals([...readings, ...late]));
      await closeHours(store);
      equal(await totals(store), expectedTotals([...readings, ...late]));
    });

    it('leave the series of a device as they are, by the hour and by the minute', async (store) => {
      for (const kind of kinds) {
        const at = (minute: number, kwh: number) => aReading(kind, { timestamp: START + minute * MINUTE, kwh });
        await commit(store, [at(0, 1), at(1, 3), at(61, 2), at(185, 5)]);
        const hourly = [
          { start: START, energy: 4_000_000, readings: 2, min: 1_000_000, max: 3_000_000 },
          { start: START + HOUR, energy: 2_000_000, readings: 1, min: 2_000_000, max: 2_000_000 },
          { start: START + 3 * HOUR, energy: 5_000_000, readings: 1, min: 5_000_000, max: 5_000_000 },
        ];
        const window = { from: START, to: START + 4 * HOUR };

        equal(await seriesOf(store.cold, kind, `${kind}-1`, window, HOUR), hourly);
        await closeHours(store, START + 2 * HOUR);
        equal(await seriesOf(store.cold, kind, `${kind}-1`, window, HOUR), hourly);
        equal(await seriesOf(store.cold, kind, `${kind}-1`, { from: START + MINUTE, to: START + HOUR }, MINUTE), [
          { start: START + MINUTE, energy: 3_000_000, readings: 1, min: 3_000_000, max: 3_000_000 },
        ]);
        equal(await seriesOf(store.cold, kind, 'nobody', window, HOUR), []);
      }
    });

    it('leave the series of many devices as they are, whatever the order of the ids', async (store) => {
      const ids = Array.from({ length: 40 }, (_, n) => `d-${n}`);
      const kwhOf = (n: number, hour: number) => 1 + n + hour / 10;
      const buckets = (n: number, hours: readonly number[], width: number) =>
        hours.map((hour) => {
          const energy = milliwattHoursFromKwh(kwhOf(n, hour));
          const start = floorTo(width, START + hour * HOUR + n * MINUTE);
          return { start, energy, readings: 1, min: energy, max: energy };
        });
      const asked = [...ids.toReversed().slice(5), 'nobody'];
      const part = { from: START + HOUR + 20 * MINUTE, to: START + 2 * HOUR + 30 * MINUTE };
      for (const kind of kinds) {
        await commit(
          store,
          ids.flatMap((deviceId, n) =>
            [0, 1, 2].map((hour) =>
              aReading(kind, { deviceId, timestamp: START + hour * HOUR + n * MINUTE, kwh: kwhOf(n, hour) }),
            ),
          ),
        );
        await closeHours(store, START + 2 * HOUR);

        const hourly = await store.cold.seriesByDevice(kind, asked, { from: START, to: START + 3 * HOUR }, HOUR);
        const minutely = await store.cold.seriesByDevice(kind, asked, part, MINUTE);

        equal(hourly, new Map(ids.slice(0, 35).map((id, n) => [id, buckets(n, [0, 1, 2], HOUR)])));
        const inPart = (n: number) => [...(n < 20 ? [] : [1]), ...(n < 30 ? [2] : [])];
        equal(minutely, new Map(ids.slice(0, 35).map((id, n) => [id, buckets(n, inPart(n), MINUTE)])));
        equal(await store.cold.seriesByDevice(kind, [], part, MINUTE), new Map());
      }
    });

    it('leave the totals of every device as they are, with none, some or all hours closed', async (store) => {
      await commit(store, readings);
      const window = { from: START, to: START + 4 * HOUR };
      for (const before of [-Infinity, START + 2 * HOUR, Infinity]) {
        await closeHours(store, before);
        for (const kind of kinds) {
          const expected = new Map(['d-1', 'd-2'].map((id) => [id, totalsOf(readings, kind, id, window)]));
          equal(await store.cold.totalsByDevice(kind, window), expected);
          equal(await store.cold.totalsByDevice(kind, { from: START - DAY, to: START }), new Map());
        }
      }
    });
  });

  suite(
    test,
    subject,
    'hourly sums',
    (it) => {
      it('are out of date until closed and again after a late reading, and are listed oldest first', async (store) => {
        const rollups = rollupsOf(store);
        await commit(store, readings);

        const early = await rollups.unclosed(START + 2 * HOUR, 100);
        equal(
          early.map(({ hour }) => hour),
          [START, START + HOUR].flatMap((hour) => kinds.map(() => hour)),
        );
        equal(new Set(early.map(({ kind }) => kind)), new Set(kinds));
        equal((await rollups.unclosed(Infinity, kinds.length + 1)).at(-1)?.hour, START + HOUR);
        for (const kind of kinds) equal(await rollups.closed({ kind, hour: START }), undefined);
        equal(await closeHours(store), 5 * kinds.length);

        for (const kind of kinds) {
          await commit(store, [aReading(kind, { timestamp: START + 1 })]);
          equal(await rollups.unclosed(Infinity, 100), [{ kind, hour: START }]);
          equal(await rollups.closed({ kind, hour: START }), undefined);
          await closeHours(store);
        }
      });

      it('are not out of date after a duplicate', async (store) => {
        await commit(store, readings);
        await closeHours(store);
        await commit(store, readings);

        equal(await rollupsOf(store).unclosed(Infinity, 100), []);
      });

      it('equal a recount, for each device', async (store) => {
        await commit(store, readings);
        await closeHours(store);
        const window = { from: START + HOUR, to: START + 2 * HOUR };
        for (const kind of kinds) {
          const hour = { kind, hour: START + HOUR };
          const expected = new Map(['d-1', 'd-2'].map((id) => [id, totalsOf(readings, kind, id, window)]));

          equal(await rollupsOf(store).closed(hour), expected);
          equal(await rollupsOf(store).recount(hour), expected);
        }
      });

      it('can be closed by two callers at once', async (store) => {
        const rollups = rollupsOf(store);
        await commit(store, readings);
        const hours = await rollups.unclosed(Infinity, 100);
        ensure(hours.length === 5 * kinds.length, `${hours.length} hours were unclosed`);

        await Promise.all([...hours, ...hours].map((hour) => rollups.close(hour)));

        equal(await totals(store), expectedTotals(readings));
        equal(await rollups.unclosed(Infinity, 100), []);
      });
    },
    ['rollups'],
  );
}
