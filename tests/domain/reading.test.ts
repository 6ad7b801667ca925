import { describe, expect, it } from 'vitest';
import { acceptedTimeFault } from '#domain/reading/accepted-time';
import { isDeviceId } from '#domain/reading/device-id';
import { advancesLiveState, ageSeconds, isStale } from '#domain/reading/live-state';
import { type MeterReading, sameValues } from '#domain/reading/reading';
import { addDeviceTotals, average, type DeviceTotals, deviceTotalsOf, noDeviceTotals } from '#domain/reading/totals';
import { byKind, kinds, streams } from '#domain/streams/streams';
import { DAY, MINUTE, SECOND } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

describe('a device id', () => {
  it.each(['a', 'EV-7', 'meter_1.2:3-4', '0', 'x'.repeat(128)])('may be %s', (id) => {
    expect(isDeviceId(id)).toBe(true);
  });

  it.each(['', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(129), 7, null, undefined, {}, ['a']])('may not be %j', (id) => {
    expect(isDeviceId(id)).toBe(false);
  });
});

describe('two readings of one key', () => {
  it.each([
    ['the same', {}, true],
    ['received at another time', { receivedAt: 1 }, true],
    ['of another energy', { kwh: 0.080001 }, false],
    ['of another state of charge', { soc: 51 }, false],
    ['of another temperature', { batteryTemp: 25.1 }, false],
  ])('%s: have the same values: %s', (_, change, same) => {
    expect(sameValues(aVehicleReading(), aVehicleReading(change))).toBe(same);
  });
});

describe('accepted time', () => {
  const limits = { maxFuture: 5 * MINUTE, maxAge: 30 * DAY };

  it.each([
    [0, undefined],
    [5 * MINUTE, undefined],
    [5 * MINUTE + 1, 'timestamp-too-new'],
    [-30 * DAY, undefined],
    [-30 * DAY - 1, 'timestamp-too-old'],
  ])('finds the fault of a timestamp %i ms from now: %s', (offset, code) => {
    expect(acceptedTimeFault(START + offset, START, limits)?.code).toBe(code);
  });

  it('can be unlimited in either direction', () => {
    const off = { maxFuture: Infinity, maxAge: Infinity };
    expect(acceptedTimeFault(0, START, off)).toBeUndefined();
    expect(acceptedTimeFault(START * 2, START, off)).toBeUndefined();
  });
});

describe('live state', () => {
  it('advances only with a newer timestamp, no matter what is received last', () => {
    const current = aMeterReading({ receivedAt: START });
    expect(advancesLiveState(undefined, current)).toBe(true);
    expect(advancesLiveState(current, aMeterReading({ timestamp: START + 1 }))).toBe(true);
    expect(advancesLiveState(current, aMeterReading({ receivedAt: START + DAY }))).toBe(false);
    expect(advancesLiveState(current, aMeterReading({ timestamp: START - 1, receivedAt: START + DAY }))).toBe(false);
  });

  it.each([
    [0, 0, false],
    [999, 0, false],
    [12_345, 12, false],
    [3 * MINUTE, 180, false],
    [3 * MINUTE + 1, 180, true],
    [-4000, 0, false],
    [-5 * MINUTE, 0, false],
    [-5 * MINUTE - 1, null, true],
  ])('is, %i ms after its reading, %i s old; stale: %s', (elapsed, age, stale) => {
    expect(ageSeconds(START, START + elapsed)).toBe(age);
    expect(isStale(START, START + elapsed)).toBe(stale);
  });
});

describe('totals', () => {
  it('average the fields that the stream marks as averaged', () => {
    const readings = [30, 32, -5.5].map((batteryTemp) => aVehicleReading({ batteryTemp }));
    const totals = deviceTotalsOf('vehicle', readings);

    expect(totals).toMatchObject({ energy: 240_000, readings: 3, sums: { batteryTemp: 56_500_000 } });
    expect(average(totals, 'batteryTemp')).toBeCloseTo(18.8333333, 6);
    expect(average(noDeviceTotals('vehicle'), 'batteryTemp')).toBeNull();
    expect(deviceTotalsOf('meter', [aMeterReading()]).sums).toEqual({});
  });
});

describe('minutes', () => {
  const at = (...seconds: number[]) => seconds.map((s) => aMeterReading({ timestamp: START + s * SECOND }));
  const counts = ({ minutes, shiftedMinutes, activeMinutes }: DeviceTotals) => [minutes, shiftedMinutes, activeMinutes];
  const hour = (offset: number) => at(...Array.from({ length: 60 }, (_, i) => i * 60 + offset));

  it.each<[string, readonly MeterReading[], number, number]>([
    ['no readings', [], 0, 0],
    ['one reading', at(0), 1, 1],
    ['several in a minute', at(60, 60.001, 80, 119.999), 1, 2],
    ['both halves of minutes', at(29.999, 30), 1, 2],
    ['one a minute', hour(12), 60, 60],
    ['one a minute, half a minute past it', hour(30), 60, 60],
    ['a jitter around the full minute', at(0.15, 59.85, 120.15, 179.85, 240.15), 3, 5],
    ['a minute on both sides of an hour', at(3600 - 10, 3600 + 10), 2, 2],
    ['every 20 seconds, for an hour', [...hour(0), ...hour(20), ...hour(40)], 60, 61],
    ['before 1970', at(-START / SECOND - 3600 - 0.1, -START / SECOND - 3600), 2, 2],
  ])('of %s are counted hour by hour', (_, readings, minutes, shifted) => {
    expect(counts(deviceTotalsOf('meter', readings))).toEqual([minutes, shifted, minutes]);
    expect(counts(deviceTotalsOf('meter', readings.toReversed()))).toEqual([minutes, shifted, minutes]);
  });

  it('are active when a reading in them has more energy than standby', () => {
    const readings = [...at(0), aMeterReading({ timestamp: START + 61 * SECOND, kwh: 0.000_301 })];
    const idle = [0, 0.000_1, 0.000_3].map((kwh, i) =>
      aMeterReading({ timestamp: START + (70 + i * 60) * SECOND, kwh }),
    );
    expect(counts(deviceTotalsOf('meter', [...readings, ...idle]))).toEqual([4, 4, 2]);
  });

  it('are added up from hour to hour', () => {
    const sum = addDeviceTotals(deviceTotalsOf('meter', at(0, 61)), deviceTotalsOf('meter', at(3600)));
    expect(sum).toEqual(deviceTotalsOf('meter', at(3600, 61, 0)));
  });
});

describe('streams', () => {
  it('are listed by their names, sorted, and a value can be made for each', () => {
    const names = Object.values(streams).map(({ kind }) => kind);
    expect(kinds).toEqual(names.sort());
    expect(byKind((kind) => kind.length)).toMatchObject({ meter: 5, vehicle: 7 });
  });
});
