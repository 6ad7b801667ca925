import { describe, expect, it } from 'vitest';
import {
  clockLag,
  excessShare,
  isOutOfStep,
  seriesWithin,
  similarity,
  sumOfSeries,
} from '#domain/energy/energy-series';
import { HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { aSeries } from '#tests/support/energy-series';

describe('the excess of DC over AC', () => {
  it.each([
    ['in step', [10, 10, 0], [9, 9, 0], 0],
    ['in step at half the efficiency', [10, 10, 0], [5, 5, 0], 0],
    ['one of two hours too late', [10, 10, 0], [0, 9, 9], 0.5],
    ['only when no AC is drawn', [10, 0, 0], [0, 9, 9], 1],
    ['more in every bucket', [10, 10, 10], [20, 20, 20], 0.5],
    ['where the meter was silent', [10, null, 10], [9, 50, 9], 0],
    ['none', [10, 10], [0, 0], 0],
  ] as const)('%s is %j AC, %j DC: %f', (_, ac, dc, share) => {
    expect(excessShare(aSeries(ac), aSeries(dc))).toBe(share);
  });

  it('ignores DC that is a minute off its AC, but not an hour', () => {
    const [ac, dc] = [
      [0, 0, 10, 10, 0],
      [0, 9, 9, 0, 0],
    ];
    expect(isOutOfStep(aSeries(ac, MINUTE), aSeries(dc, MINUTE))).toBe(false);
    expect(isOutOfStep(aSeries(ac, HOUR), aSeries(dc, HOUR))).toBe(true);
  });

  it('is calculated at a lag', () => {
    const [ac, dc] = [aSeries([10, 20, 0, 0]), aSeries([0, 0, 9, 18])];
    expect(excessShare(ac, dc, 2 * HOUR)).toBe(0);
    expect(excessShare(ac, dc, HOUR)).toBeGreaterThan(0.1);
  });
});

describe('similarity', () => {
  it('is 1 for proportional series at the right lag', () => {
    const [ac, dc] = [aSeries([0, 10, 30, 20, 0, 0]), aSeries([0, 0, 0, 9, 27, 18])];
    expect(similarity(ac, dc, 2 * HOUR)).toBeCloseTo(1, 12);
    expect(similarity(ac, dc)).toBeCloseTo(1 / 7, 12);
  });

  it('is 0 when most of the AC has no DC bucket', () => {
    expect(similarity(aSeries([10, 10, 10]), aSeries([9, null, null]))).toBe(0);
    expect(similarity(aSeries([10, 10, 10]), aSeries([9, 9, null]))).toBeCloseTo(1, 12);
  });
});

describe('the lag of a clock', () => {
  const session = [0, 0, 0, 0, 10, 30, 20, 0, 0, 0, 0, 0];
  const scaled = (by: number) => session.map((energy) => energy * by);
  const later = (hours: number, energies: number[]) => energies.map((_, i) => energies[i - hours] ?? 0);

  it.each<[string, number | undefined, number[]]>([
    ['right', undefined, scaled(0.9)],
    ['right, with a large loss', undefined, scaled(0.3)],
    ['right, with nothing delivered', undefined, scaled(0)],
    ['an hour late', HOUR, later(1, scaled(0.9))],
    ['three hours late', 3 * HOUR, later(3, scaled(0.9))],
    ['two hours early', -2 * HOUR, later(-2, scaled(0.9))],
    ['further off than the search goes', undefined, later(5, scaled(0.9))],
    ['late, with a loss that a clock alone does not explain', undefined, later(3, scaled(0.6))],
    ['late, with more than was drawn', undefined, later(3, scaled(1.5))],
    ["another vehicle's, of another shape", undefined, [20, 0, 0, 0, 0, 0, 0, 0, 10, 10, 10, 10]],
  ])('%s: %s', (_, lag, dc) => {
    expect(clockLag(aSeries(session), aSeries(dc), { width: HOUR, maxLag: 4 * HOUR, minEfficiency: 0.85 })).toBe(lag);
  });

  it('is not mistaken for a charger that fails in the second of two equal sessions', () => {
    const twice = [10, 10, 0, 0, 10, 10, 0, 0];
    const failing = [9, 9, 0, 0, 0, 0, 0, 0];
    const search = { width: HOUR, maxLag: 4 * HOUR, minEfficiency: 0.85 };
    expect(clockLag(aSeries(twice), aSeries(failing), search)).toBeUndefined();
  });
});

describe('series', () => {
  it('are cut to a window by the start of each bucket', () => {
    expect(seriesWithin(aSeries([1, 2, 3, 4]), { from: START + HOUR, to: START + 3 * HOUR })).toEqual(
      aSeries([2, 3], HOUR, START + HOUR),
    );
  });

  it('are added bucket by bucket', () => {
    const sum = sumOfSeries([aSeries([1, null, 3]), aSeries([null, 20, 30])]);
    expect(sum.map(({ energy, readings, max }) => [energy, readings, max])).toEqual([
      [1, 60, 1],
      [20, 60, 20],
      [33, 120, 30],
    ]);
  });
});
