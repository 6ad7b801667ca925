import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import { closeHours } from './rollup-contract.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every store keeps when it drops old history. */
export function retentionContract({ name, rollups, open }: StoreUnderTest): void {
  describe(`${name}: retention`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const readings = [0, 30, 60, 90, 120, 150].map((n) => aVehicleReading({ timestamp: START + n * MINUTE, kwh: 1 }));
    const all = { from: START, to: START + DAY };

    it('has no horizon before anything was dropped', async () => {
      await store.writer.commit(readings);
      expect(await store.retention.horizon()).toBeUndefined();
    });

    it('drops the history before an hour and keeps the sums', async () => {
      await store.writer.commit(readings);
      await closeHours(store);

      expect(await store.retention.dropBefore(START + 2 * HOUR)).toBe(START + 2 * HOUR);

      expect(await store.retention.horizon()).toBe(START + 2 * HOUR);
      expect(await store.cold.history('vehicle', 'EV-1', all, { limit: 10 })).toEqual(readings.slice(4));
      expect((await store.cold.deviceTotals('vehicle', 'EV-1', all)).energy).toBe(6_000_000);
      expect((await store.cold.totalsByDevice('vehicle', all)).get('EV-1')?.readings).toBe(6);
      expect(await seriesOf(store.cold, 'vehicle', 'EV-1', all, HOUR)).toHaveLength(3);
      expect((await store.cold.fleetTotals(all)).vehicle).toEqual({ energy: 6_000_000, readings: 6 });
      expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(readings[5]);
      expect(await store.rollups.unclosed(Infinity, 10)).toEqual([]);
    });

    it('keeps the live state of a device that has sent nothing since', async () => {
      const silent = aVehicleReading({ deviceId: 'EV-0', soc: 12 });
      await store.writer.commit([...readings, silent]);
      await closeHours(store);
      await store.retention.dropBefore(START + 2 * HOUR);

      expect(await store.hot.newest('vehicle', 'EV-0')).toEqual(silent);
      expect(await store.hot.page('vehicle', { limit: 10 })).toEqual([silent, readings[5]]);

      const heard = aVehicleReading({ deviceId: 'EV-0', timestamp: START + 3 * HOUR });
      await store.writer.commit([heard]);
      expect(await store.hot.newest('vehicle', 'EV-0')).toEqual(heard);
    });

    it('never moves its horizon backwards', async () => {
      await store.writer.commit(readings);
      await closeHours(store);
      await store.retention.dropBefore(START + 2 * HOUR);

      expect(await store.retention.dropBefore(START + HOUR)).toBe(START + 2 * HOUR);
    });

    it('keeps the sums of a dropped hour, whatever arrives for it afterwards', async () => {
      const hour = { from: START, to: START + HOUR };
      await store.writer.commit(readings);
      await closeHours(store);
      await store.retention.dropBefore(START + HOUR);
      const answers = () =>
        Promise.all([
          store.cold.deviceTotals('vehicle', 'EV-1', hour),
          store.cold.deviceTotals('vehicle', 'EV-2', hour),
          seriesOf(store.cold, 'vehicle', 'EV-1', all, HOUR),
          seriesOf(store.cold, 'vehicle', 'EV-1', all, MINUTE),
          store.cold.totalsByDevice('vehicle', all),
          store.cold.history('vehicle', 'EV-1', all, { limit: 10 }),
          store.rollups.closed({ kind: 'vehicle', hour: START }),
        ]);
      const before = await answers();
      expect(before[0]).toMatchObject({ energy: 2_000_000, readings: 2 });

      await store.writer.commit(['EV-1', 'EV-2'].map((deviceId) => aVehicleReading({ deviceId, kwh: 7 })));
      expect(await answers()).toEqual(before);
      expect(await store.rollups.unclosed(Infinity, 10)).toEqual([]);
      await store.rollups.close({ kind: 'vehicle', hour: START });
      expect(await answers()).toEqual(before);

      expect(await store.retention.dropBefore(START + 2 * HOUR)).toBe(START + 2 * HOUR);
      expect(await seriesOf(store.cold, 'vehicle', 'EV-1', all, HOUR)).toHaveLength(3);
      expect((await store.cold.deviceTotals('vehicle', 'EV-1', all)).readings).toBe(6);
    });

    it('stops when the signal aborts, with the horizon moved so far, and drops the rest the next time', async () => {
      await store.writer.commit(readings);
      await closeHours(store);

      expect(await store.retention.dropBefore(START + HOUR, AbortSignal.abort())).toBe(START + HOUR);
      expect(await store.cold.history('vehicle', 'EV-1', all, { limit: 10 })).toEqual(readings.slice(2));
      expect((await store.cold.deviceTotals('vehicle', 'EV-1', all)).readings).toBe(6);

      expect(await store.retention.dropBefore(START + 2 * HOUR)).toBe(START + 2 * HOUR);
      expect(await store.cold.history('vehicle', 'EV-1', all, { limit: 10 })).toEqual(readings.slice(4));
      expect((await store.cold.deviceTotals('vehicle', 'EV-1', all)).readings).toBe(6);
    });

    it('drops no hour that has no sums yet', async () => {
      await store.writer.commit(readings);
      await closeHours(store, START + HOUR);

      await store.retention.dropBefore(START + 3 * HOUR);

      const left = await store.cold.history('vehicle', 'EV-1', all, { limit: 10 });
      expect(left).toHaveLength(rollups === false ? 0 : 4);
      expect((await store.cold.deviceTotals('vehicle', 'EV-1', all)).energy).toBe(6_000_000);
    });
  });
}
