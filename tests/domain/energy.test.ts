import { describe, expect, it } from 'vitest';
import { kwhFromMilliwattHours, milliwattHoursFromKwh } from '#domain/energy/energy';

describe('energy', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [1, 1_000_000],
    [0.1, 100_000],
    [0.000001, 1],
    [0.0000004, 0],
    [0.0000005, 1],
    [0.1 + 0.2, 300_000],
    [30.412675, 30_412_675],
    [99.999999, 99_999_999],
    [100, 100_000_000],
  ])('converts %f kWh to %i mWh', (kwh, mwh) => {
    expect(milliwattHoursFromKwh(kwh)).toBe(mwh);
  });

  it.each([
    [0, '0'],
    [1, '0.000001'],
    [30_412_675, '30.412675'],
    [10_000_000, '10'],
    [9_007_199_254_740_991, '9007199254.740992'], // 2^53 - 1 mWh: the largest sum that is still exact
  ])('converts %i mWh to %s kWh', (mwh, text) => {
    expect(String(kwhFromMilliwattHours(mwh))).toBe(text);
  });

  it('sums a million tenths exactly, unlike floating point', () => {
    let exact = 0;
    let float = 0;
    for (let i = 0; i < 1_000_000; i++) {
      exact += milliwattHoursFromKwh(0.1);
      float += 0.1;
    }
    expect(kwhFromMilliwattHours(exact)).toBe(100_000);
    expect(float).not.toBe(100_000);
  });
});
