import type { TelemetryStore } from '#application/ports/telemetry-store';
import { noDeviceTotals, noFleetTotals } from '#domain/reading/totals';
import { averagedFields, type Kind, kinds } from '#domain/streams/streams';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { ensure, equal } from '../assertions.ts';
import { aReading, measuredOf, START } from '../readings.ts';
import { seriesOf } from '../series-of.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { commit, fleetOf, totalsOf } from './questions.ts';

/** Values and what they count in sums, in millionths. */
const ROUNDED = [
  [0.0000005, 1],
  [-0.0000005, 0],
  [-12.0000015, -12_000_001],
  [-12.0000016, -12_000_002],
  [12.0000015, 12_000_002],
] as const;

/** What every `ColdStore` answers over the same readings. */
export function coldStoreContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'the cold store', (it) => {
    it('answers zeros over an empty store', async (store) => {
      const window = { from: START, to: START + DAY };
      for (const kind of kinds) {
        equal(await store.cold.deviceTotals(kind, 'nobody', window), noDeviceTotals(kind));
        equal(await store.cold.history(kind, 'nobody', window, { limit: 10 }), []);
        equal(await store.cold.totalsByDevice(kind, window), new Map());
        equal(await store.cold.seriesByDevice(kind, ['nobody'], window, HOUR), new Map());
      }
      equal(await store.cold.fleetTotals(window), noFleetTotals());
      equal(await store.cold.fleetHours(window), []);
    });

    it('treats windows as half-open, to the millisecond for a device', async (store) => {
      for (const kind of kinds) {
        await commit(
          store,
          [0, 1, 59_999, 60_000].map((ms) => aReading(kind, { timestamp: START + ms, kwh: 1 })),
        );
        const readings = async (from: number, to: number) =>
          (await store.cold.deviceTotals(kind, `${kind}-1`, { from: START + from, to: START + to })).readings;
        equal(await readings(0, 60_000), 3);
        equal(await readings(1, 60_000), 2);
        equal(await readings(0, 60_001), 4);
        equal(await readings(0, 59_999), 2);
        equal(await readings(-HOUR, 0), 0);
      }
    });

    it('treats windows as half-open, to the minute for the fleet', async (store) => {
      for (const kind of kinds) {
        await commit(
          store,
          [0, 59_999, 60_000].map((ms) => aReading(kind, { timestamp: START + ms, kwh: 1 })),
        );
        const readings = async (from: number, to: number) =>
          (await store.cold.fleetTotals({ from: START + from * MINUTE, to: START + to * MINUTE }))[kind].readings;

        equal(await readings(0, 1), 2);
        equal(await readings(1, 2), 1);
        equal(await readings(0, 2), 3);
        equal(await readings(-5, 0), 0);
      }
    });

    it('counts a late reading in every total of the time it belongs to', async (store) => {
      for (const kind of kinds) {
        const [newest, late] = [aReading(kind, { timestamp: START + 3 * HOUR, kwh: 1 }), aReading(kind, { kwh: 2 })];
        await commit(store, [newest]);
        await commit(store, [late]);
        const hour = { from: START, to: START + HOUR };

        equal((await store.cold.fleetTotals(hour))[kind], { energy: 2_000_000, readings: 1 });
        equal(
          (await store.cold.fleetHours(hour)).map(({ totals }) => totals[kind].energy),
          [2_000_000],
        );
        equal(await store.cold.deviceTotals(kind, `${kind}-1`, hour), totalsOf([late], kind, `${kind}-1`, hour));
        equal((await store.cold.totalsByDevice(kind, hour)).get(`${kind}-1`)?.energy, 2_000_000);
        equal(
          (await seriesOf(store.cold, kind, `${kind}-1`, hour, MINUTE)).map(({ energy }) => energy),
          [2_000_000],
        );
      }
    });

    it('sums energies and measured values exactly where floating point would not', async (store) => {
      const window = { from: START, to: START + DAY };
      for (const kind of kinds) {
        const values = averagedFields(kind).map((name) => [name, [30.1, 0.3]] as const);
        await commit(
          store,
          Array.from({ length: 1000 }, (_, i) => {
            const of = Object.fromEntries(values.map(([name, both]) => [name, both[i % 2] as number]));
            return aReading(kind, { timestamp: START + i * MINUTE, kwh: 0.1, values: of });
          }),
        );

        const { energy, sums } = await store.cold.deviceTotals(kind, `${kind}-1`, window);
        equal(energy, 100_000_000);
        equal(sums, Object.fromEntries(averagedFields(kind).map((name) => [name, 500 * 30_100_000 + 500 * 300_000])));
      }
    });

    it('rounds each averaged value to millionths of its unit, halves up', async (store) => {
      for (const kind of kinds) {
        const averaged = measuredOf(kind).filter(([, field]) => field.averaged === true);
        for (const [n, [value, millionths]] of ROUNDED.entries()) {
          const timestamp = START + n * MINUTE;
          const names = averaged.filter(([, { min, max }]) => min <= value && value <= max).map(([name]) => name);
          const values = Object.fromEntries(names.map((name) => [name, value]));
          await commit(store, [aReading(kind, { timestamp, values })]);
          const window = { from: timestamp, to: timestamp + MINUTE };
          const { sums } = await store.cold.deviceTotals(kind, `${kind}-1`, window);
          for (const name of names) equal(sums[name], millionths, `${kind}: ${value}`);
        }
      }
    });

    it('counts only the device and stream asked for', async (store) => {
      await commit(
        store,
        kinds.flatMap((kind, n) => [
          aReading(kind, { deviceId: 'a', kwh: 1 + 8 * n }),
          aReading(kind, { deviceId: `b${kind}`, kwh: 2 }),
          aReading(kind, { deviceId: 'ab', kwh: 4 }),
        ]),
      );
      const window = { from: START, to: START + MINUTE };

      for (const [n, kind] of kinds.entries()) {
        equal((await store.cold.deviceTotals(kind, 'a', window)).energy, (1 + 8 * n) * 1_000_000);
        for (const other of kinds.filter((one) => one !== kind)) {
          equal((await store.cold.deviceTotals(other, `b${kind}`, window)).readings, 0);
        }
      }
    });

    it('answers any window of whole minutes with the sum of its minutes', async (store) => {
      for (const kind of kinds) {
        const readings = Array.from({ length: 300 }, (_, i) =>
          aReading(kind, { timestamp: START + i * MINUTE, kwh: (i + 1) / 1000 }),
        );
        await commit(store, readings);

        for (const [first, end] of [
          [0, 300],
          [7, 293],
          [59, 61],
          [60, 240],
          [30, 45],
          [119, 180],
        ] as const) {
          const window = { from: START + first * MINUTE, to: START + end * MINUTE };
          const own = totalsOf(readings, kind, `${kind}-1`, window);
          equal((await store.cold.fleetTotals(window))[kind], { energy: own.energy, readings: own.readings });
          equal(await store.cold.deviceTotals(kind, `${kind}-1`, window), own);
        }
      }
    });

    it('lists the totals of the fleet hour by hour, without empty hours', async (store) => {
      const [first, last] = [kinds[0] as Kind, kinds.at(-1) as Kind];
      await commit(store, [
        aReading(first, { timestamp: START, kwh: 1 }),
        aReading(last, { timestamp: START + 59 * MINUTE, kwh: 0.5 }),
        aReading(first, { timestamp: START + 3 * HOUR, kwh: 2 }),
        aReading(first, { timestamp: START + 5 * HOUR, kwh: 4 }),
      ]);
      const ofBoth =
        first === last
          ? fleetOf({ [first]: { energy: 1_500_000, readings: 2 } })
          : fleetOf({ [first]: { energy: 1_000_000, readings: 1 }, [last]: { energy: 500_000, readings: 1 } });

      equal(await store.cold.fleetHours({ from: START, to: START + 5 * HOUR }), [
        { hour: START, totals: ofBoth },
        { hour: START + 3 * HOUR, totals: fleetOf({ [first]: { energy: 2_000_000, readings: 1 } }) },
      ]);
    });

    it('pages through a history in the order of timestamps, across hours and gaps', async (store) => {
      const minutes = [200, 0, 59, 60, 61, 119, 1500, 1501, 3, 4320];
      const sorted = [...minutes].sort((a, b) => a - b).map((minute) => START + minute * MINUTE);
      for (const kind of kinds) {
        await commit(
          store,
          minutes.map((minute) => aReading(kind, { timestamp: START + minute * MINUTE })),
        );

        for (const limit of [1, 3, 10, 1000]) {
          const seen: number[] = [];
          for (let after: number | undefined; ; ) {
            const window = { from: START, to: START + 4320 * MINUTE };
            const query = { limit, ...(after === undefined ? {} : { after }) };
            const page = await store.cold.history(kind, `${kind}-1`, window, query);
            ensure(page.length <= limit, `a page of ${limit} has ${page.length} readings`);
            if (page.length === 0) break;
            seen.push(...page.map(({ timestamp }) => timestamp));
            after = page.at(-1)?.timestamp;
          }
          equal(seen, sorted.slice(0, -1)); // the last one is at `to`
        }
      }
    });

    it('puts readings from before 1970 into the right hours and minutes', async (store) => {
      const window = { from: -2 * HOUR, to: HOUR };
      for (const kind of kinds) {
        const id = `${kind}-1`;
        const readings = [-90, -60, -1, 0, 1].map((minute) =>
          aReading(kind, { timestamp: minute * MINUTE + 1, kwh: 1 }),
        );
        await commit(store, readings);
        const counts = async (width: number) =>
          (await seriesOf(store.cold, kind, id, window, width)).map((bucket) => [bucket.start, bucket.readings]);

        equal(await counts(HOUR), [
          [-2 * HOUR, 1],
          [-HOUR, 2],
          [0, 2],
        ]);
        equal(
          await counts(MINUTE),
          [-90, -60, -1, 0, 1].map((minute) => [minute * MINUTE, 1]),
        );
        equal(await store.cold.history(kind, id, window, { limit: 10 }), readings);
        equal((await store.cold.deviceTotals(kind, id, { from: -HOUR, to: 0 })).readings, 2);
        equal((await store.cold.fleetTotals({ from: -HOUR, to: 0 }))[kind].readings, 2);
        equal(await store.hot.newest(kind, id), readings[4]);
      }
    });

    it('answers very long windows with few readings', async (store) => {
      const window = { from: 0, to: START + 4000 * DAY };
      for (const kind of kinds) {
        await commit(store, [aReading(kind, { kwh: 1 }), aReading(kind, { timestamp: START + 400 * DAY, kwh: 2 })]);

        equal((await store.cold.deviceTotals(kind, `${kind}-1`, window)).energy, 3_000_000);
        equal((await store.cold.fleetTotals(window))[kind], { energy: 3_000_000, readings: 2 });
        equal((await store.cold.history(kind, `${kind}-1`, window, { limit: 10 })).length, 2);
      }
      equal((await store.cold.fleetHours(window)).length, 2);
    });
  });
}
