import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { Reading } from '#domain/reading/reading';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every `TelemetryWriter` does. */
export function telemetryWriterContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: the telemetry writer`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const commit = async (readings: Reading[], atomic = false) =>
      (await store.writer.commit(readings, { atomic })).map(({ status }) => status);
    const day = { from: START - DAY, to: START + DAY };
    const fleet = () => store.cold.fleetTotals(day);
    const history = (kind: 'meter' | 'vehicle', id: string) => store.cold.history(kind, id, day, { limit: 1000 });

    it('stores readings of both streams and answers in their order', async () => {
      expect(await commit([aMeterReading({ kwh: 1 }), aVehicleReading({ kwh: 0.5 })])).toEqual(['stored', 'stored']);

      expect(await fleet()).toEqual({
        meter: { energy: 1_000_000, readings: 1 },
        vehicle: { energy: 500_000, readings: 1 },
      });
    });

    it('returns every field as it was sent', async () => {
      const meter = aMeterReading({ kwh: 0.123456, voltage: 243.15, receivedAt: START + 77 });
      const vehicle = aVehicleReading({ kwh: 99.999999, soc: 33.3, batteryTemp: -12.75 });
      await commit([meter, vehicle]);

      expect(await history('meter', 'M-1')).toEqual([meter]);
      expect(await history('vehicle', 'EV-1')).toEqual([vehicle]);
      expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(vehicle);
    });

    it('accepts an empty commit', async () => {
      expect(await commit([])).toEqual([]);
    });

    it('recognizes the same reading in another commit and in the same one, and counts it once', async () => {
      const reading = aMeterReading({ kwh: 1.5 });

      expect(await commit([reading, { ...reading, receivedAt: reading.receivedAt + 1 }])).toEqual([
        'stored',
        'duplicate',
      ]);
      expect(await commit([{ ...reading, receivedAt: reading.receivedAt + 9_000 }])).toEqual(['duplicate']);

      expect((await fleet()).meter).toEqual({ energy: 1_500_000, readings: 1 });
      expect(await history('meter', 'M-1')).toEqual([reading]);
    });

    it.each([
      ['another energy', { kwh: 1.6 }],
      ['another energy by one milliwatt-hour', { kwh: 1.500001 }],
      ['another measured value', { voltage: 231 }],
    ])('answers %s for the same key with a conflict and the reading that stays', async (_, change) => {
      const first = aMeterReading({ kwh: 1.5, voltage: 230.5 });
      await commit([first]);

      const [outcome] = await store.writer.commit([aMeterReading({ kwh: 1.5, voltage: 230.5, ...change })]);

      expect(outcome).toEqual({ status: 'conflict', stored: first });
      expect((await fleet()).meter).toEqual({ energy: 1_500_000, readings: 1 });
      expect(await store.hot.newest('meter', 'M-1')).toEqual(first);
    });

    it('lets the first of two readings of one key in one batch win', async () => {
      const [first, second] = [aVehicleReading({ soc: 40 }), aVehicleReading({ soc: 41 })];

      expect(await store.writer.commit([first, second])).toEqual([
        { status: 'stored' },
        { status: 'conflict', stored: first },
      ]);
      expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(first);
    });

    it('distinguishes stored, duplicate and conflict within one batch of old and new readings', async () => {
      const at = (minute: number, kwh = 0.1) => aVehicleReading({ timestamp: START + minute * MINUTE, kwh });
      await commit([at(0), at(1), at(5)]);

      expect(await commit([at(0), at(2), at(1, 0.2), at(6), at(6), at(5)])).toEqual([
        'duplicate',
        'stored',
        'conflict',
        'stored',
        'duplicate',
        'duplicate',
      ]);
      expect((await fleet()).vehicle).toEqual({ energy: 500_000, readings: 5 });
    });

    it('keeps two streams with the same id and timestamp apart', async () => {
      const meter = aMeterReading({ deviceId: 'same', kwh: 2 });
      const vehicle = aVehicleReading({ deviceId: 'same', kwh: 1 });
      await commit([meter]);

      expect(await commit([vehicle])).toEqual(['stored']);

      expect(await store.hot.newest('meter', 'same')).toEqual(meter);
      expect(await store.hot.newest('vehicle', 'same')).toEqual(vehicle);
    });

    it('keeps ids apart that differ only in case, and accepts ids of every allowed character', async () => {
      const ids = ['ev-1', 'EV-1', 'a:b', 'a.b', '__proto__', 'constructor', '0', '-1', 'x'.repeat(128)];

      expect(await commit(ids.map((deviceId) => aVehicleReading({ deviceId })))).toEqual(ids.map(() => 'stored'));
      for (const deviceId of ids) expect((await store.hot.newest('vehicle', deviceId))?.deviceId).toBe(deviceId);
    });

    it('advances live state by timestamp: a late reading is counted but does not change it', async () => {
      const newest = aVehicleReading({ timestamp: START + 2 * MINUTE, soc: 55 });
      const late = aVehicleReading({ timestamp: START, soc: 50 });
      await commit([newest]);

      expect(await commit([late])).toEqual(['stored']);

      expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(newest);
      expect(await history('vehicle', 'EV-1')).toEqual([late, newest]);
    });

    it('makes the newest reading of a batch the live state, whatever their order', async () => {
      const readings = [3, 1, 4, 0, 2].map((n) => aMeterReading({ timestamp: START + n * MINUTE }));
      await commit(readings);

      expect((await store.hot.newest('meter', 'M-1'))?.timestamp).toBe(START + 4 * MINUTE);
    });

    it('advances the live state of each device independently, or not at all', async () => {
      const at = (deviceId: string, n: number) => aMeterReading({ deviceId, timestamp: START + n * MINUTE });
      await commit([at('M-1', 2), at('M-2', 5), at('M-3', 3)]);

      await commit([at('M-1', 4), at('M-2', 4), at('M-3', 6), at('M-4', 1)]);

      const live = await store.hot.page('meter', { limit: 10 });
      expect(live).toEqual([at('M-1', 4), at('M-2', 5), at('M-3', 6), at('M-4', 1)]);
    });

    it('stores an atomic batch as a whole', async () => {
      const batch = [aMeterReading(), aMeterReading({ timestamp: START + MINUTE })];

      expect(await commit(batch, true)).toEqual(['stored', 'stored']);
      expect(await commit(batch, true)).toEqual(['duplicate', 'duplicate']);
    });

    it('stores nothing of an atomic batch with a conflict', async () => {
      const first = aMeterReading({ kwh: 1 });
      await commit([first]);
      const later = aMeterReading({ timestamp: START + MINUTE });
      const other = aVehicleReading();

      expect(await commit([later, first, aMeterReading({ kwh: 2 }), other], true)).toEqual([
        'withheld',
        'duplicate',
        'conflict',
        'withheld',
      ]);
      expect(await store.hot.newest('meter', 'M-1')).toEqual(first);
      expect(await store.hot.newest('vehicle', 'EV-1')).toBeUndefined();
      expect((await fleet()).meter).toEqual({ energy: 1_000_000, readings: 1 });
      expect(await commit([later, other])).toEqual(['stored', 'stored']);
    });

    it('stores nothing of an atomic batch that conflicts with itself', async () => {
      expect(await commit([aMeterReading({ kwh: 1 }), aMeterReading({ kwh: 2 })], true)).toEqual([
        'withheld',
        'conflict',
      ]);
      expect((await fleet()).meter.readings).toBe(0);
    });

    it('does not call a reading a duplicate of one that was withheld', async () => {
      const [kept, fresh] = [aMeterReading({ kwh: 1 }), aVehicleReading()];
      await commit([kept]);

      expect(await commit([fresh, fresh, kept, aMeterReading({ kwh: 2 })], true)).toEqual([
        'withheld',
        'withheld',
        'duplicate',
        'conflict',
      ]);
    });

    it('stores 5,000 readings of 100 devices in one commit, in any order', async () => {
      const readings = Array.from({ length: 5000 }, (_, i) => {
        const n = (i * 2503) % 5000; // 2503 and 5000 are coprime: every n once, well mixed
        return aVehicleReading({ deviceId: `EV-${n % 100}`, timestamp: START + n * 1000, kwh: 0.001 });
      });

      expect(new Set(await commit(readings))).toEqual(new Set(['stored']));
      expect(new Set(await commit(readings))).toEqual(new Set(['duplicate']));
      expect((await fleet()).vehicle).toEqual({ energy: 5_000_000, readings: 5000 });
      expect((await store.hot.newest('vehicle', 'EV-99'))?.timestamp).toBe(START + 4999 * 1000);
    });

    it('keeps concurrent commits of overlapping readings exact: each key is stored by one of them', async () => {
      const batch = Array.from({ length: 60 }, (_, i) =>
        aMeterReading({ deviceId: `M-${i % 20}`, timestamp: START + i * MINUTE, kwh: 0.01 }),
      );
      const answers = await Promise.all(
        [0, 1, 2, 3].map((client) => commit(batch.slice(client * 10, client * 10 + 30))),
      );

      const statuses = answers.flat();
      expect(statuses.filter((status) => status === 'stored')).toHaveLength(60);
      expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(60);
      expect((await fleet()).meter).toEqual({ energy: 600_000, readings: 60 });
    });

    it('makes the newest reading the live state when concurrent commits contain a new device', async () => {
      const newest: number[] = [];
      for (let round = 0; round < 10; round++) {
        const old = aVehicleReading({ deviceId: `EV-${round}-0` });
        const many = Array.from({ length: 1000 }, (_, i) =>
          aVehicleReading({ deviceId: `EV-${round}-${i}`, timestamp: START + MINUTE }),
        );
        await Promise.all([commit([old]), commit(many)]);
        newest.push((await store.hot.newest('vehicle', old.deviceId))?.timestamp ?? 0);
      }

      expect(newest).toEqual(Array(10).fill(START + MINUTE));
    });

    it('lets exactly one of many concurrent commits of different values for one key win', async () => {
      const answers = await Promise.all([1, 2, 3, 4, 5].map((kwh) => store.writer.commit([aMeterReading({ kwh })])));

      const outcomes = answers.map(([outcome]) => outcome);
      const winner = outcomes.findIndex((outcome) => outcome?.status === 'stored');
      const stored = aMeterReading({ kwh: winner + 1 });
      expect(outcomes.filter((outcome) => outcome?.status === 'conflict')).toEqual(
        Array(4).fill({ status: 'conflict', stored }),
      );
      expect(await history('meter', 'M-1')).toEqual([stored]);
    });

    it('keeps readings of very different ages in one commit', async () => {
      const ages = [0, HOUR, 40 * DAY, 5 * 365 * DAY];
      await commit(ages.map((age) => aMeterReading({ timestamp: START - age })));

      const years = { from: START - 6 * 365 * DAY, to: START + HOUR };
      expect((await store.cold.fleetTotals(years)).meter.readings).toBe(4);
      expect((await store.cold.deviceTotals('meter', 'M-1', years)).readings).toBe(4);
      expect((await store.hot.newest('meter', 'M-1'))?.timestamp).toBe(START);
    });
  });
}
