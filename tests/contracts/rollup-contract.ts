import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, deviceTotalsOf, noDeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { DAY, floorTo, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import type { StoreUnderTest } from './store-under-test.ts';

/** Closes every hour before `before` that can be closed. Returns their number. */
export async function closeHours({ rollups }: TelemetryStore, before = Infinity): Promise<number> {
  let closed = 0;
  for (;;) {
    const hours = await rollups.unclosed(before, 100);
    if (hours.length === 0) return closed;
    for (const hour of hours) await rollups.close(hour);
    closed += hours.length;
  }
}

/** Totals as a plain model counts them. */
export function totalsOf(readings: readonly Reading[], kind: Kind, deviceId: string, { from, to }: TimeWindow) {
  return readings
    .filter((one) => one.kind === kind && one.deviceId === deviceId && from <= one.timestamp && one.timestamp < to)
    .map(deviceTotalsOf)
    .reduce(addDeviceTotals, noDeviceTotals(kind));
}

/** Every store gives the same answers before, while and after its hours are closed. */
export function rollupContract({ name, rollups, open }: StoreUnderTest): void {
  describe(`${name}: hourly sums`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    /** Five hours of two vehicles and a meter, a reading every two minutes. */
    const readings: Reading[] = Array.from({ length: 150 }, (_, i) => [
      aVehicleReading({ timestamp: START + 2 * i * MINUTE + 7, kwh: 0.001 * (i + 1), batteryTemp: 20 + i / 10 }),
      aVehicleReading({ deviceId: 'EV-2', timestamp: START + 2 * i * MINUTE, kwh: 0.05 }),
      aMeterReading({ timestamp: START + 2 * i * MINUTE, kwh: 0.1 }),
    ]).flat();
    const windows: TimeWindow[] = [
      { from: START, to: START + 5 * HOUR },
      { from: START - DAY, to: START + DAY },
      { from: START + 30 * MINUTE, to: START + 4 * HOUR + 30 * MINUTE },
      { from: START + HOUR + 7, to: START + 3 * HOUR + 8 },
      { from: START + 10 * MINUTE, to: START + 20 * MINUTE },
      { from: START + HOUR, to: START + 2 * HOUR },
    ];
    const answers = () =>
      Promise.all([
        ...windows.flatMap((window) => [
          store.cold.deviceTotals('vehicle', 'EV-1', window),
          store.cold.deviceTotals('meter', 'M-1', window),
        ]),
        seriesOf(store.cold, 'vehicle', 'EV-1', { from: START - HOUR, to: START + 5 * HOUR }, HOUR),
        store.cold.totalsByDevice('vehicle', { from: START, to: START + 5 * HOUR }),
      ]);

    it('change no answer: the same before and after closing, and after a late reading', async () => {
      await store.writer.commit(readings);
      const before = await answers();
      expect(before.slice(0, 12)).toEqual(
        windows.flatMap((window) => [
          totalsOf(readings, 'vehicle', 'EV-1', window),
          totalsOf(readings, 'meter', 'M-1', window),
        ]),
      );

      await closeHours(store);
      expect(await answers()).toEqual(before);

      const late = aVehicleReading({ timestamp: START + 90 * MINUTE + 1, kwh: 3 });
      await store.writer.commit([late]);
      const after = await answers();
      expect(after[0]).toEqual(totalsOf([...readings, late], 'vehicle', 'EV-1', windows[0] as TimeWindow));
      await closeHours(store);
      expect(await answers()).toEqual(after);
    });

    if (rollups === false) {
      it('are never out of date in a store that keeps none', async () => {
        await store.writer.commit(readings);
        expect(await store.rollups.unclosed(Infinity, 100)).toEqual([]);

        await store.writer.commit([aMeterReading({ timestamp: START + 1 })]);
        expect(await store.rollups.unclosed(Infinity, 100)).toEqual([]);
      });
    } else {
      it('are out of date until closed and again after a late reading, and are listed oldest first', async () => {
        await store.writer.commit(readings);

        expect(await store.rollups.unclosed(START + 2 * HOUR, 100)).toEqual(
          expect.arrayContaining([
            { kind: 'meter', hour: START },
            { kind: 'vehicle', hour: START + HOUR },
          ]),
        );
        expect(await store.rollups.unclosed(START + 2 * HOUR, 100)).toHaveLength(4);
        const oldest = await store.rollups.unclosed(Infinity, 3);
        expect(oldest.map(({ hour }) => hour)).toEqual([START, START, START + HOUR]);
        expect(await store.rollups.closed({ kind: 'vehicle', hour: START })).toBeUndefined();
        expect(await closeHours(store)).toBe(10);

        await store.writer.commit([aMeterReading({ timestamp: START + 1 })]);
        expect(await store.rollups.unclosed(Infinity, 100)).toEqual([{ kind: 'meter', hour: START }]);
        expect(await store.rollups.closed({ kind: 'meter', hour: START })).toBeUndefined();
      });
    }

    it('are not out of date after a duplicate', async () => {
      await store.writer.commit(readings);
      await closeHours(store);
      await store.writer.commit(readings);

      expect(await store.rollups.unclosed(Infinity, 100)).toEqual([]);
    });

    it('equal a recount, for each device', async () => {
      await store.writer.commit(readings);
      await closeHours(store);
      const hour = { kind: 'vehicle', hour: START + HOUR } as const;
      const window = { from: START + HOUR, to: START + 2 * HOUR };

      const closed = await store.rollups.closed(hour);

      expect(closed).toEqual(
        new Map([
          ['EV-1', totalsOf(readings, 'vehicle', 'EV-1', window)],
          ['EV-2', totalsOf(readings, 'vehicle', 'EV-2', window)],
        ]),
      );
      expect(await store.rollups.recount(hour)).toEqual(closed);
    });

    it('can be closed by two callers at once', async () => {
      await store.writer.commit(readings);
      const before = await answers();
      const hours = await store.rollups.unclosed(Infinity, 100);

      await Promise.all([...hours, ...hours].map((hour) => store.rollups.close(hour)));

      expect(await answers()).toEqual(before);
      expect(await store.rollups.unclosed(Infinity, 100)).toEqual([]);
    });

    it('leave the series of a device as they are, by the hour and by the minute', async () => {
      const at = (minute: number, kwh: number) => aMeterReading({ timestamp: START + minute * MINUTE, kwh });
      await store.writer.commit([at(0, 1), at(1, 3), at(61, 2), at(185, 5)]);
      const hourly = [
        { start: START, energy: 4_000_000, readings: 2, min: 1_000_000, max: 3_000_000 },
        { start: START + HOUR, energy: 2_000_000, readings: 1, min: 2_000_000, max: 2_000_000 },
        { start: START + 3 * HOUR, energy: 5_000_000, readings: 1, min: 5_000_000, max: 5_000_000 },
      ];
      const window = { from: START, to: START + 4 * HOUR };

      expect(await seriesOf(store.cold, 'meter', 'M-1', window, HOUR)).toEqual(hourly);
      await closeHours(store, START + 2 * HOUR);
      expect(await seriesOf(store.cold, 'meter', 'M-1', window, HOUR)).toEqual(hourly);
      const minutely = await seriesOf(store.cold, 'meter', 'M-1', { from: START + MINUTE, to: START + HOUR }, MINUTE);
      expect(minutely).toEqual([
        { start: START + MINUTE, energy: 3_000_000, readings: 1, min: 3_000_000, max: 3_000_000 },
      ]);
      expect(await seriesOf(store.cold, 'meter', 'nobody', window, HOUR)).toEqual([]);
    });

    it('leave the series of many devices as they are, whatever the order of the ids', async () => {
      const ids = Array.from({ length: 40 }, (_, n) => `EV-${n}`);
      const kwhOf = (n: number, hour: number) => 1 + n + hour / 10;
      await store.writer.commit(
        ids.flatMap((deviceId, n) =>
          [0, 1, 2].map((hour) =>
            aVehicleReading({ deviceId, timestamp: START + hour * HOUR + n * MINUTE, kwh: kwhOf(n, hour) }),
          ),
        ),
      );
      await closeHours(store, START + 2 * HOUR);
      const buckets = (n: number, hours: readonly number[], width: number) =>
        hours.map((hour) => {
          const energy = milliwattHoursFromKwh(kwhOf(n, hour));
          const start = floorTo(width, START + hour * HOUR + n * MINUTE);
          return { start, energy, readings: 1, min: energy, max: energy };
        });
      const asked = [...ids.toReversed().slice(5), 'nobody'];

      const hourly = await store.cold.seriesByDevice('vehicle', asked, { from: START, to: START + 3 * HOUR }, HOUR);
      const window = { from: START + HOUR + 20 * MINUTE, to: START + 2 * HOUR + 30 * MINUTE };
      const minutely = await store.cold.seriesByDevice('vehicle', asked, window, MINUTE);

      expect(hourly).toEqual(new Map(ids.slice(0, 35).map((id, n) => [id, buckets(n, [0, 1, 2], HOUR)])));
      expect(minutely).toEqual(
        new Map(
          ids.slice(0, 35).map((id, n) => [id, buckets(n, [...(n < 20 ? [] : [1]), ...(n < 30 ? [2] : [])], MINUTE)]),
        ),
      );
      expect(await store.cold.seriesByDevice('vehicle', [], window, MINUTE)).toEqual(new Map());
    });

    it('leave the totals of every device as they are, with none, some or all hours closed', async () => {
      await store.writer.commit(readings);
      const window = { from: START, to: START + 4 * HOUR };
      const expected = new Map(['EV-1', 'EV-2'].map((id) => [id, totalsOf(readings, 'vehicle', id, window)]));

      expect(await store.cold.totalsByDevice('vehicle', window)).toEqual(expected);
      await closeHours(store, START + 2 * HOUR);
      expect(await store.cold.totalsByDevice('vehicle', window)).toEqual(expected);
      await closeHours(store);
      expect(await store.cold.totalsByDevice('vehicle', window)).toEqual(expected);
      expect(await store.cold.totalsByDevice('vehicle', { from: START - DAY, to: START })).toEqual(new Map());
    });
  });
}
