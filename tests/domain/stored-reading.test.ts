import { describe, expect, it } from 'vitest';
import { storedReading } from '#domain/reading/stored-reading';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

describe('a stored reading', () => {
  it.each([
    ['a meter', aMeterReading()],
    ['a vehicle', aVehicleReading()],
  ])('of %s is taken as it is', (_, reading) => {
    expect(storedReading(reading)).toBe(reading);
  });

  it('is not judged again: bounds and clocks may have changed since', () => {
    const old = aMeterReading({ timestamp: 1, voltage: 5_000, kwh: 1_000 });
    expect(storedReading(old)).toBe(old);
  });

  it.each([
    [{ soc: undefined }, 'soc'],
    [{ soc: null }, 'soc'],
    [{ batteryTemp: '25' }, 'batteryTemp'],
    [{ batteryTemp: Number.NaN }, 'batteryTemp'],
    [{ energy: 50n }, 'energy'],
    [{ energy: Number.NaN, soc: Infinity }, 'energy, soc'],
    [{ receivedAt: new Date(START) }, 'receivedAt'],
  ])('is damaged with %o', (change, names) => {
    const damaged = `the stored reading of vehicle EV-1 at ${START} is damaged: no ${names}`;
    expect(() => storedReading({ ...aVehicleReading(), ...change })).toThrow(damaged);
  });

  it('is damaged without a time', () => {
    expect(() => storedReading({ ...aMeterReading(), timestamp: undefined })).toThrow('no timestamp');
  });
});
