import { describe, expect, it, onTestFinished } from 'vitest';
import type { Reading, VehicleReading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { openWithChangedStreams, type StreamEdits } from '#tests/support/changed-engine';
import { type PersistentStore, persistentStores } from '#tests/support/persistent-stores';
import type { StoreLocation } from '#tests/support/store-process';
import { NARROWED, SOC, SWAPPED, TEMPERATURE, vehicles, WITH_HEATERS, WITH_RANGE } from '#tests/support/stream-edits';

const aHeaterReading = () =>
  ({
    ...aMeterReading({ deviceId: 'H-1' }),
    kind: 'heater',
    voltage: undefined,
    waterTemp: 61,
  }) as unknown as Reading;

const window = { from: START - DAY, to: START + DAY };
/** Two hours of two vehicles. */
const readings: readonly VehicleReading[] = Array.from({ length: 24 }, (_, i) =>
  aVehicleReading({
    deviceId: `EV-${i % 2}`,
    timestamp: START + 5 * i * MINUTE,
    soc: 40 + i,
    batteryTemp: 30 + i + (i % 3) / 3, // some wide columns in SQLite
  }),
);
const late = aVehicleReading({ deviceId: 'EV-0', timestamp: START + 7 * MINUTE, soc: 11, batteryTemp: 12 });
const next = aVehicleReading({ deviceId: 'EV-1', timestamp: START + 3 * HOUR, soc: 13, batteryTemp: 14 });

async function answers({ hot, cold, upkeep }: PersistentStore) {
  return {
    live: [await hot.page('vehicle', { limit: 10 }), await hot.newest('vehicle', 'EV-0')],
    history: await Promise.all(['EV-0', 'EV-1'].map((id) => cold.history('vehicle', id, window, { limit: 100 }))),
    totals: [await cold.deviceTotals('vehicle', 'EV-0', window), await cold.totalsByDevice('vehicle', window)],
    series: await cold.seriesByDevice('vehicle', ['EV-0', 'EV-1'], window, HOUR),
    recounted: await upkeep.rollups.recount({ kind: 'vehicle', hour: START }),
  };
}

describe.each(persistentStores)(
  '$name: the definition of a stream that has data',
  ({ location, open, forgetShapes }) => {
    const opened = async (at: StoreLocation) => {
      const store = await open(at);
      onTestFinished(() => store.close());
      return store;
    };
    /** Opens the location, commits, and closes it again; returns the answers before that. */
    const filled = async (at: StoreLocation, given: readonly Reading[] = readings) => {
      const store = await open(at);
      await store.writer.commit(given);
      const before = await answers(store);
      await store.close();
      return before;
    };

    it('may change the order of its fields: old and new readings keep their values', async () => {
      const at = location();
      const before = await filled(at);

      const changed = await openWithChangedStreams(SWAPPED, at);
      expect(await answers(changed)).toEqual(before);
      const conflicting = { ...(readings[2] as VehicleReading), soc: 32, batteryTemp: 42 };
      const outcomes = await changed.writer.commit([...readings.slice(0, 2), conflicting, late, next]);
      expect(outcomes.map(({ status }) => status)).toEqual(['duplicate', 'duplicate', 'conflict', 'stored', 'stored']);
      expect(outcomes[2]).toMatchObject({ stored: readings[2] });
      expect(await changed.hot.newest('vehicle', 'EV-1')).toEqual(next);
      const after = await answers(changed);
      expect(after.history.flat()).toHaveLength(readings.length + 2);
      await closeHours(changed);
      expect(await answers(changed)).toEqual(after);
      await changed.close();

      const original = await opened(at);
      expect(await answers(original)).toEqual(after);
      expect((await original.writer.commit([late, next])).map(({ status }) => status)).toEqual([
        'duplicate',
        'duplicate',
      ]);
    });

    it('may change the order of its fields: live state of dropped history keeps its values', async () => {
      const at = location();
      await filled(at);

      const changed = await openWithChangedStreams(SWAPPED, at);
      await closeHours(changed);
      await changed.upkeep.retention.dropBefore(START + 4 * HOUR);
      const live = await changed.hot.page('vehicle', { limit: 10 });
      expect(live).toEqual({ readings: readings.slice(-2), next: null });
      const totals = await changed.cold.deviceTotals('vehicle', 'EV-0', window);
      expect(totals.readings).toBe(readings.length / 2);
      await changed.close();

      const original = await opened(at);
      expect(await original.hot.page('vehicle', { limit: 10 })).toEqual(live);
      expect(await original.cold.deviceTotals('vehicle', 'EV-0', window)).toEqual(totals);
    });

    it('may have another order of fields than in a store that is open beside it', async () => {
      const [at, other] = [location(), location()];
      const swapped = await openWithChangedStreams(SWAPPED, other);
      await swapped.writer.commit([late]);
      await swapped.close();

      const both = [await opened(at), await opened(other)];
      for (const store of both) await store.writer.commit([next]);

      for (const store of both) expect(await store.hot.newest('vehicle', 'EV-1')).toEqual(next);
      expect(await both[1]?.hot.newest('vehicle', 'EV-0')).toEqual(late);
    });

    it('may change bounds: stored readings outside of them are still served', async () => {
      const at = location();
      const before = await filled(at);

      const changed = await openWithChangedStreams(NARROWED, at);

      expect(await answers(changed)).toEqual(before);
      expect((await changed.writer.commit(readings)).every(({ status }) => status === 'duplicate')).toBe(true);
    });

    it.each<[string, StreamEdits, string]>([
      [
        'add a field',
        WITH_RANGE,
        'measured fields batteryTemp, soc, but this engine defines measured fields batteryTemp, range, soc;',
      ],
      [
        'remove a field',
        vehicles([SOC, '']),
        'measured fields batteryTemp, soc, but this engine defines measured fields batteryTemp;',
      ],
      [
        'rename a field',
        vehicles(['soc:', 'charge:']),
        'measured fields batteryTemp, soc, but this engine defines measured fields batteryTemp, charge;',
      ],
      [
        'average another field',
        vehicles(['max: 100', 'max: 100, averaged: true']),
        'averaged fields batteryTemp, but this engine defines averaged fields batteryTemp, soc;',
      ],
      [
        'average no field',
        vehicles([', averaged: true', '']),
        'averaged fields batteryTemp, but this engine defines averaged fields (none);',
      ],
      [
        'rename its id field',
        vehicles(['vehicleId', 'carId']),
        'id field vehicleId, but this engine defines id field carId;',
      ],
      [
        'rename its energy field',
        vehicles(['kwhDeliveredDc', 'kwh']),
        'energy field kwhDeliveredDc, but this engine defines energy field kwh;',
      ],
    ])('may not %s: the store refuses to open and is left unharmed', async (_, edits, difference) => {
      const at = location();
      const before = await filled(at);

      await expect(openWithChangedStreams(edits, at)).rejects.toThrow(
        `the data of stream vehicle have ${difference} these cannot change once a stream has data`,
      );

      const original = await opened(at);
      expect(await answers(original)).toEqual(before);
      expect((await original.writer.commit([next]))[0]?.status).toBe('stored');
    });

    it('may change in every way before its first reading, and is protected from then on', async () => {
      const at = location();
      await filled(at, [aMeterReading()]);
      const edits = vehicles(
        ['vehicleId', 'carId'],
        [SOC, "charge: { unit: '%', min: 0, max: 100, averaged: true },"],
        [TEMPERATURE, "range: { unit: 'km', min: 0, max: 2000 }"],
      );
      const reading = { ...aVehicleReading(), soc: undefined, batteryTemp: undefined, charge: 50, range: 300 };
      const { soc: _, batteryTemp: __, ...car } = reading;

      const changed = await openWithChangedStreams(edits, at);
      await changed.writer.commit([car as unknown as Reading]);
      await closeHours(changed);

      expect(await changed.hot.newest('vehicle', 'EV-1')).toEqual(car);
      expect((await changed.cold.deviceTotals('vehicle', 'EV-1', window)).sums).toEqual({ charge: 50_000_000 });
      expect(await changed.hot.newest('meter', 'M-1')).toEqual(aMeterReading());
      await changed.close();
      await expect(open(at)).rejects.toThrow(
        'the data of stream vehicle have id field carId; measured fields charge, range; averaged fields charge, but this' +
          ' engine defines id field vehicleId; measured fields batteryTemp, soc; averaged fields batteryTemp;',
      );
    });

    it('does not change when a stream is added or removed, and the data of a removed stream are kept', async () => {
      const at = location();
      const before = await filled(at);
      const heater = 'heater' as Kind;

      const added = await openWithChangedStreams(WITH_HEATERS, at);
      expect(await answers(added)).toEqual(before);
      await added.writer.commit([aHeaterReading(), next]);
      await closeHours(added);
      const totals = await added.cold.deviceTotals(heater, 'H-1', window);
      expect(totals).toMatchObject({ readings: 1, sums: { waterTemp: 61_000_000 } });
      await added.close();

      const removed = await opened(at);
      expect(await removed.hot.newest('vehicle', 'EV-1')).toEqual(next);
      await removed.writer.commit([late]);
      await removed.close();

      const again = await openWithChangedStreams(WITH_HEATERS, at);
      expect(await again.hot.newest(heater, 'H-1')).toMatchObject({ waterTemp: 61 });
      expect(await again.cold.deviceTotals(heater, 'H-1', window)).toEqual(totals);
    });

    it('is known from data of an engine that did not record it', async () => {
      const at = location();
      const before = await filled(at);
      const store = await open(at);
      await closeHours(store);
      await store.close();

      await forgetShapes(at);
      await expect(openWithChangedStreams(WITH_RANGE, at)).rejects.toThrow(
        'have measured fields batteryTemp, soc, but',
      );
      await expect(openWithChangedStreams(vehicles([', averaged: true', '']), at)).rejects.toThrow(
        'have averaged fields',
      );
      const changed = await openWithChangedStreams(SWAPPED, at);
      expect(await answers(changed)).toEqual(before);
      await changed.close();

      await expect(openWithChangedStreams(vehicles(['vehicleId', 'carId']), at)).rejects.toThrow(
        'have id field vehicleId',
      );
    });
  },
);
