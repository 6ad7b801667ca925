import { describe, expect, it } from 'vitest';
import { coverage, expectedReadings } from '#domain/coverage/coverage';
import { type Evidence, efficiency, isImplausible, lossWarning, verdict } from '#domain/efficiency/efficiency';
import { MINUTE } from '#domain/time/time';

const kwh = (value: number) => Math.round(value * 1_000_000);

describe('efficiency', () => {
  it.each([
    [10, 8, 0.8, true],
    [10, 8.5, 0.85, false],
    [10, 8.499999, 0.8499999, true],
    [10, 10, 1, false],
    [10, 0, 0, true],
    [10, 11, 1.1, false],
    [0.000001, 0.000002, 2, false],
    [0, 0, null, false],
    [0, 5, null, false],
  ])('of %f kWh AC and %f kWh DC is %f, loss warning %s', (ac, dc, expected, warning) => {
    const value = efficiency(kwh(ac), kwh(dc));
    expect(value).toBe(expected);
    expect(lossWarning(value, 0.85)).toBe(warning);
  });

  it('above 1 is implausible and not capped', () => {
    expect([null, 0.5, 1, 1.000001, 3].map(isImplausible)).toEqual([false, false, false, true, true]);
  });
});

describe('coverage', () => {
  it.each([
    [1440, 1440, 1],
    [1296, 1440, 0.9],
    [0, 1440, 0],
    [2880, 1440, 2],
    [0, 0, 1],
  ])('of %i readings where %i were expected is %f', (readings, expected, ratio) => {
    expect(coverage(readings, expected)).toEqual({ readings, expected, ratio });
  });

  it('expects a reading in every minute that has begun, and none in the future', () => {
    const window = { from: 0, to: 60 * MINUTE };
    expect(expectedReadings(window, 60 * MINUTE)).toBe(60);
    expect(expectedReadings(window, 1000 * MINUTE)).toBe(60);
    expect(expectedReadings(window, 30 * MINUTE)).toBe(30);
    expect(expectedReadings(window, 30 * MINUTE + 1)).toBe(31);
    expect(expectedReadings(window, -5 * MINUTE)).toBe(0);
  });
});

describe('the verdict', () => {
  const full = coverage(60, 60);
  const evidence: Evidence = { vehicleReadings: 60, efficiency: 0.9, lossThreshold: 0.85, coverages: [full, full] };

  it.each<[string, Partial<Evidence>]>([
    ['ok', {}],
    ['ok', { efficiency: 0.85 }],
    ['ok', { efficiency: 1 }],
    ['loss', { efficiency: 0.8499 }],
    ['loss', { efficiency: 0 }],
    ['no-data', { vehicleReadings: 0 }],
    ['no-data', { vehicleReadings: 0, efficiency: 1.2 }],
    ['implausible', { efficiency: 1.01 }],
    ['implausible', { efficiency: 1.01, coverages: [coverage(1, 60)] }],
    ['insufficient-data', { efficiency: null }],
    ['insufficient-data', { efficiency: 0.5, coverages: [full, coverage(53, 60)] }],
    ['loss', { efficiency: 0.5, coverages: [full, coverage(54, 60)] }],
    ['insufficient-data', { coverages: [coverage(53, 60)] }],
  ])('is %s for %j', (expected, change) => {
    expect(verdict({ ...evidence, ...change })).toBe(expected);
  });
});
