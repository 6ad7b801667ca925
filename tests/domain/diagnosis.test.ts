import { describe, expect, it } from 'vitest';
import { type DataCause, diagnose, diagnosisSpan, isSuspicious } from '#domain/efficiency/diagnosis';
import type { EnergySeries } from '#domain/energy/energy-series';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { aRegister, aSeries } from '#tests/support/energy-series';

describe('the diagnosis span', () => {
  it.each([
    ['six hours in minutes', { from: START + MINUTE, to: START + 6 * HOUR + MINUTE }, MINUTE, 6 * HOUR, 3 * HOUR],
    [
      'longer windows in hours, aligned outward',
      { from: START + MINUTE, to: START + 7 * HOUR },
      HOUR,
      7 * HOUR,
      12 * HOUR,
    ],
    ['at most the last 31 days', { from: START - 365 * DAY, to: START }, HOUR, 31 * DAY, 12 * HOUR],
  ])('covers %s', (_, window, width, length, maxLag) => {
    const { judged, seen, ...span } = diagnosisSpan(window);
    expect(span).toEqual({ width, maxLag });
    expect(judged.to - judged.from).toBe(length);
    expect(seen).toEqual({ from: judged.from - maxLag, to: judged.to + maxLag });
  });
});

describe('an efficiency', () => {
  it.each([
    [0.84, 8, true],
    [0.85, 8, false],
    [1, 8, false],
    [1.01, 8, true],
    [0, 0, true],
    [null, 8, true],
    [null, 0, false],
  ])('of %f with %i DC is suspicious: %s', (efficiency, dc, expected) => {
    expect(isSuspicious(efficiency, dc, 0.85)).toBe(expected);
  });
});

describe('the diagnosis', () => {
  const HOURS = 48;
  /** Judges one day and sees twelve hours more at either end. */
  const span = diagnosisSpan({ from: START + 12 * HOUR, to: START + 36 * HOUR });
  const at = (...energies: [hour: number, energy: number][]): EnergySeries => {
    const all = Array.from({ length: HOURS }, () => 0);
    for (const [hour, energy] of energies) all[hour] = energy;
    return aSeries(all);
  };
  const counter = aRegister(Array.from({ length: HOURS }, (_, i) => [1_000 + i, 1_001 + i] as const));
  const drawn = at([20, 10], [21, 30], [22, 20]);

  it.each<[string, DataCause | undefined, number, EnergySeries[], EnergySeries]>([
    ['a loss', undefined, 0.5, [drawn], at([20, 5], [21, 15], [22, 10])],
    ['a charger that delivers nothing', undefined, 0, [drawn], at()],
    ['a short session', undefined, 0.4, [at([20, 1])], at([20, 0.4])],
    ['two meters', undefined, 0.5, [at([20, 10], [21, 30]), at([22, 20])], at([20, 5], [21, 15], [22, 10])],
    ['a meter that sends its register', 'energy-looks-like-a-register', 0.001, [counter], at([20, 9], [21, 27])],
    ['a vehicle that sends its register', 'energy-looks-like-a-register', 20, [drawn], counter],
    [
      'a meter that sent its register until the end of the window',
      'energy-looks-like-a-register',
      0.001,
      [counter.map((bucket) => (bucket.start < START + 36 * HOUR ? bucket : { ...bucket, min: 0, max: 1 }))],
      at([20, 9], [21, 27]),
    ],
    ['two meters, one of which sends its register', 'energy-looks-like-a-register', 0.01, [drawn, counter], drawn],
    ['a clock two hours off', 'clock-offset', 0.5, [drawn], at([18, 9], [19, 27], [20, 18])],
    ['a clock that moved DC out of the window', 'clock-offset', 0.1, [at([13, 10], [14, 30])], at([10, 9], [11, 27])],
    ['a clock that moved AC out of the window', 'clock-offset', 2, [at([35, 10], [37, 30])], at([33, 9], [35, 27])],
    ["another vehicle's meter", 'more-dc-than-ac', 0.7, [drawn], at([13, 8], [14, 8], [33, 8], [34, 8], [35, 8])],
    [
      'the meter of a vehicle with the same habits at another time',
      'more-dc-than-ac',
      0.6,
      [drawn],
      at([14, 6], [15, 18], [16, 12]),
    ],
    ['more DC than AC', 'more-dc-than-ac', 1.5, [drawn], at([20, 15], [21, 45], [22, 30])],
    ['DC and a meter that draws nothing', 'more-dc-than-ac', 0, [at()], at([20, 9], [21, 27])],
  ])('of %s is %s', (_, cause, efficiency, meters, vehicle) => {
    expect(diagnose({ efficiency, lossThreshold: 0.85, span, meters, vehicle })).toBe(cause);
  });

  it('finds no fault in the data of a silent meter', () => {
    expect(diagnose({ efficiency: null, lossThreshold: 0.85, span, meters: [[]], vehicle: drawn })).toBeUndefined();
  });
});
