import { describe, expect, it } from 'vitest';
import { coverage } from '#domain/coverage/coverage';
import { type Evidence, efficiency, isImplausible, lossWarning, verdict } from '#domain/efficiency/efficiency';

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
