import { describe, expect, it } from 'vitest';
import { acceptedTimeFault } from '#domain/reading/accepted-time';
import { isDeviceId } from '#domain/reading/device-id';
import { advancesLiveState, ageSeconds, isStale } from '#domain/reading/live-state';
import { sameValues } from '#domain/reading/reading';
import { addDeviceTotals, average, deviceTotalsOf, noDeviceTotals } from '#domain/reading/totals';
import { byKind, kinds, streams } from '#domain/streams/streams';
import { DAY, MINUTE } from '#domain/time/time';
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
    const totals = [30, 32, -5.5]
      .map((batteryTemp) => deviceTotalsOf(aVehicleReading({ batteryTemp })))
      .reduce(addDeviceTotals, noDeviceTotals('vehicle'));

    expect(totals).toEqual({ energy: 240_000, readings: 3, sums: { batteryTemp: 56_500_000 } });
    expect(average(totals, 'batteryTemp')).toBeCloseTo(18.8333333, 6);
    expect(average(noDeviceTotals('vehicle'), 'batteryTemp')).toBeNull();
    expect(deviceTotalsOf(aMeterReading()).sums).toEqual({});
  });
});

describe('streams', () => {
  it('are listed by their names, sorted, and a value can be made for each', () => {
    const names = Object.values(streams).map(({ kind }) => kind);
    expect(kinds).toEqual(names.sort());
    expect(byKind((kind) => kind.length)).toMatchObject({ meter: 5, vehicle: 7 });
  });
});
