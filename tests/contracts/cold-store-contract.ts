import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { noDeviceTotals, noFleetTotals } from '#domain/reading/totals';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every `ColdStore` answers over the same readings. */
export function coldStoreContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: the cold store`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('answers zeros over an empty store', async () => {
      const window = { from: START, to: START + DAY };
      expect(await store.cold.deviceTotals('vehicle', 'EV-1', window)).toEqual(noDeviceTotals('vehicle'));
      expect(await store.cold.deviceTotals('meter', 'M-1', window)).toEqual(noDeviceTotals('meter'));
      expect(await store.cold.fleetTotals(window)).toEqual(noFleetTotals());
      expect(await store.cold.fleetHours(window)).toEqual([]);
      expect(await store.cold.history('meter', 'M-1', window, { limit: 10 })).toEqual([]);
    });

    it('treats windows as half-open, to the millisecond for a device', async () => {
      await store.writer.commit([0, 1, 59_999, 60_000].map((ms) => aVehicleReading({ timestamp: START + ms, kwh: 1 })));
      const readings = async (from: number, to: number) =>
        (await store.cold.deviceTotals('vehicle', 'EV-1', { from: START + from, to: START + to })).readings;

      expect(await readings(0, 60_000)).toBe(3);
      expect(await readings(1, 60_000)).toBe(2);
      expect(await readings(0, 60_001)).toBe(4);
      expect(await readings(0, 59_999)).toBe(2);
      expect(await readings(-HOUR, 0)).toBe(0);
    });

    it('treats windows as half-open, to the minute for the fleet', async () => {
      await store.writer.commit([0, 59_999, 60_000].map((ms) => aMeterReading({ timestamp: START + ms, kwh: 1 })));
      const readings = async (from: number, to: number) =>
        (await store.cold.fleetTotals({ from: START + from * MINUTE, to: START + to * MINUTE })).meter.readings;

      expect(await readings(0, 1)).toBe(2);
      expect(await readings(1, 2)).toBe(1);
      expect(await readings(0, 2)).toBe(3);
      expect(await readings(-5, 0)).toBe(0);
    });

    it('sums energies and temperatures exactly where floating point would not', async () => {
      await store.writer.commit(
        Array.from({ length: 1000 }, (_, i) =>
          aVehicleReading({ timestamp: START + i * MINUTE, kwh: 0.1, batteryTemp: i % 2 === 0 ? 30.1 : -0.3 }),
        ),
      );

      expect(await store.cold.deviceTotals('vehicle', 'EV-1', { from: START, to: START + DAY })).toEqual({
        energy: 100_000_000,
        readings: 1000,
        sums: { batteryTemp: 14_900_000_000 },
      });
    });

    it.each([
      [0.0000005, 1],
      [-0.0000005, 0],
      [-12.0000015, -12_000_001],
      [-12.0000016, -12_000_002],
    ])('rounds a temperature of %f to %i millionths, halves up', async (batteryTemp, millionths) => {
      await store.writer.commit([aVehicleReading({ batteryTemp })]);
      const { sums } = await store.cold.deviceTotals('vehicle', 'EV-1', { from: START, to: START + MINUTE });
      expect(sums).toEqual({ batteryTemp: millionths });
    });

    it('counts only the device and stream asked for', async () => {
      await store.writer.commit([
        aVehicleReading({ deviceId: 'a', kwh: 1 }),
        aVehicleReading({ deviceId: 'b', kwh: 2 }),
        aVehicleReading({ deviceId: 'ab', kwh: 4 }),
        aMeterReading({ deviceId: 'a', kwh: 8 }),
      ]);
      const window = { from: START, to: START + MINUTE };

      expect((await store.cold.deviceTotals('vehicle', 'a', window)).energy).toBe(1_000_000);
      expect((await store.cold.deviceTotals('meter', 'a', window)).energy).toBe(8_000_000);
      expect((await store.cold.deviceTotals('meter', 'b', window)).readings).toBe(0);
    });

    it('answers any window of whole minutes with the sum of its minutes', async () => {
      const readings = Array.from({ length: 300 }, (_, i) =>
        aMeterReading({ timestamp: START + i * MINUTE, kwh: (i + 1) / 1000 }),
      );
      await store.writer.commit(readings);

      for (const [first, end] of [
        [0, 300],
        [7, 293],
        [59, 61],
        [60, 240],
        [30, 45],
        [119, 180],
      ] as const) {
        const window = { from: START + first * MINUTE, to: START + end * MINUTE };
        const energy = readings.slice(first, end).reduce((sum, reading) => sum + reading.energy, 0);
        expect((await store.cold.fleetTotals(window)).meter).toEqual({ energy, readings: end - first });
        expect(await store.cold.deviceTotals('meter', 'M-1', window)).toEqual({
          energy,
          readings: end - first,
          sums: {},
        });
      }
    });

    it('lists the totals of the fleet hour by hour, without empty hours', async () => {
      await store.writer.commit([
        aMeterReading({ timestamp: START, kwh: 1 }),
        aVehicleReading({ timestamp: START + 59 * MINUTE, kwh: 0.5 }),
        aMeterReading({ timestamp: START + 3 * HOUR, kwh: 2 }),
        aMeterReading({ timestamp: START + 5 * HOUR, kwh: 4 }),
      ]);

      expect(await store.cold.fleetHours({ from: START, to: START + 5 * HOUR })).toEqual([
        {
          hour: START,
          totals: { meter: { energy: 1_000_000, readings: 1 }, vehicle: { energy: 500_000, readings: 1 } },
        },
        {
          hour: START + 3 * HOUR,
          totals: { meter: { energy: 2_000_000, readings: 1 }, vehicle: { energy: 0, readings: 0 } },
        },
      ]);
    });

    it('pages through a history in the order of timestamps, across hours and gaps', async () => {
      const minutes = [200, 0, 59, 60, 61, 119, 1500, 1501, 3, 4320];
      await store.writer.commit(minutes.map((minute) => aVehicleReading({ timestamp: START + minute * MINUTE })));
      const sorted = [...minutes].sort((a, b) => a - b).map((minute) => START + minute * MINUTE);

      for (const limit of [1, 3, 10, 1000]) {
        const seen: number[] = [];
        for (let after: number | undefined; ; ) {
          const page = await store.cold.history(
            'vehicle',
            'EV-1',
            { from: START, to: START + 4320 * MINUTE },
            { limit, ...(after === undefined ? {} : { after }) },
          );
          expect(page.length).toBeLessThanOrEqual(limit);
          if (page.length === 0) break;
          seen.push(...page.map(({ timestamp }) => timestamp));
          after = page.at(-1)?.timestamp;
        }
        expect(seen).toEqual(sorted.slice(0, -1)); // the last one is at `to`
      }
    });

    it('puts readings from before 1970 into the right hours and minutes', async () => {
      const readings = [-90, -60, -1, 0, 1].map((minute) => aMeterReading({ timestamp: minute * MINUTE + 1, kwh: 1 }));
      await store.writer.commit(readings);
      const window = { from: -2 * HOUR, to: HOUR };
      const counts = async (width: number) =>
        (await seriesOf(store.cold, 'meter', 'M-1', window, width)).map((bucket) => [bucket.start, bucket.readings]);

      expect(await counts(HOUR)).toEqual([
        [-2 * HOUR, 1],
        [-HOUR, 2],
        [0, 2],
      ]);
      expect(await counts(MINUTE)).toEqual([-90, -60, -1, 0, 1].map((minute) => [minute * MINUTE, 1]));
      expect(await store.cold.history('meter', 'M-1', window, { limit: 10 })).toEqual(readings);
      expect((await store.cold.deviceTotals('meter', 'M-1', { from: -HOUR, to: 0 })).readings).toBe(2);
      expect((await store.cold.fleetTotals({ from: -HOUR, to: 0 })).meter.readings).toBe(2);
      expect(await store.hot.newest('meter', 'M-1')).toEqual(readings[4]);
    });

    it('answers very long windows with few readings', async () => {
      await store.writer.commit([aMeterReading({ kwh: 1 }), aMeterReading({ timestamp: START + 400 * DAY, kwh: 2 })]);
      const window = { from: 0, to: START + 4000 * DAY };

      expect((await store.cold.deviceTotals('meter', 'M-1', window)).energy).toBe(3_000_000);
      expect((await store.cold.fleetTotals(window)).meter).toEqual({ energy: 3_000_000, readings: 2 });
      expect(await store.cold.fleetHours(window)).toHaveLength(2);
      expect(await store.cold.history('meter', 'M-1', window, { limit: 10 })).toHaveLength(2);
    });
  });
}
