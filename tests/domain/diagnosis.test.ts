import { describe, expect, it } from 'vitest';
import { type DataCause, diagnose, diagnosisSpan } from '#domain/efficiency/diagnosis';
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

/** One reading a minute, in kWh. */
function byMinute(kwh: readonly number[], start = START): EnergySeries {
  return kwh.map((value, i) => {
    const energy = Math.round(value * 1e6);
    return { start: start + i * MINUTE, energy, readings: 1, min: energy, max: energy };
  });
}
const times = (count: number, value: (i: number) => number) => Array.from({ length: count }, (_, i) => value(i));
/** A counter that starts again after that many minutes. */
const counter = (minutes: number, perMinute: number, restart = Infinity) =>
  times(minutes, (i) => perMinute * ((i % restart) + 1));

describe('the diagnosis by the minute', () => {
  it.each<[string, DataCause | undefined, number[], number[]]>([
    [
      'a meter whose counter starts again',
      'energy-looks-like-a-register',
      counter(120, 0.1, 60),
      times(120, () => 0.093),
    ],
    ['a meter that sends its counter', 'energy-looks-like-a-register', counter(120, 0.1), times(120, () => 0.093)],
    [
      'a vehicle that sends the counter of each session',
      'energy-looks-like-a-register',
      times(180, () => 0.1),
      counter(180, 0.093, 45),
    ],
    [
      'both sides that send counters, in proportion',
      'energy-looks-like-a-register',
      counter(120, 0.1, 60),
      counter(120, 0.093, 60),
    ],
    [
      'power that no charger delivers',
      'energy-looks-like-a-register',
      times(60, (i) => (i === 30 ? 60 : 0.1)),
      times(60, (i) => (i === 30 ? 55 : 0.093)),
    ],
    ['a smooth ramp', undefined, times(360, (i) => 0.02 + 0.0002 * i), times(360, (i) => 0.78 * (0.02 + 0.0002 * i))],
    ['a steep ramp', undefined, times(20, (i) => 0.01 * i), times(20, (i) => 0.009 * i)],
    ['a ramp into a dead battery', undefined, times(60, (i) => Math.min(0.18, 0.018 * i)), times(60, () => 0)],
    ['a taper', undefined, times(90, (i) => 0.18 * Math.exp(-i / 30)), times(90, (i) => 0.16 * Math.exp(-i / 30))],
  ])('of %s is %s', (_, cause, ac, dc) => {
    const span = diagnosisSpan({ from: START, to: START + ac.length * MINUTE });
    const data = { lossThreshold: 0.85, span, meters: [byMinute(ac)], vehicle: byMinute(dc) };
    expect(diagnose(data)).toEqual({ ...(cause && { cause }), dcWithoutAc: 0 });
  });

  const home = times(60, () => 0.1);
  const idle = times(60, () => 0);
  it.each<[string, number, number[], number[]]>([
    [
      'charged elsewhere after charging at home',
      1.6,
      [...home, ...idle],
      [...times(60, () => 0.07), ...times(60, (i) => (i >= 20 && i < 24 ? 0.4 : 0))],
    ],
    [
      'charged elsewhere while the box is on standby',
      1.6,
      [...home, ...times(60, () => 0.003)],
      [...times(60, () => 0.07), ...times(60, (i) => (i >= 20 && i < 24 ? 0.4 : 0))],
    ],
    ['a clock that is a minute off', 0, [...home, ...idle], [0, ...times(60, () => 0.09), ...times(59, () => 0)]],
    [
      'next to nothing elsewhere',
      0,
      [...home, ...idle],
      [...times(60, () => 0.09), 0, 0, 0, 0.05, ...times(56, () => 0)],
    ],
  ])('of %s leaves %f kWh out', (_, kwh, ac, dc) => {
    const span = diagnosisSpan({ from: START, to: START + ac.length * MINUTE });
    const data = { lossThreshold: 0.85, span, meters: [byMinute(ac)], vehicle: byMinute(dc) };
    expect(diagnose(data)).toEqual({ dcWithoutAc: kwh * 1e6 });
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
  const counter = aRegister(Array.from({ length: HOURS }, (_, i) => [10e6 + i * 1e6, 11e6 + i * 1e6] as const));
  const drawn = at([20, 10], [21, 30], [22, 20]);

  it.each<[string, DataCause | undefined, EnergySeries[], EnergySeries]>([
    ['a loss', undefined, [drawn], at([20, 5], [21, 15], [22, 10])],
    ['a charger that delivers nothing', undefined, [drawn], at()],
    ['a short session', undefined, [at([20, 1])], at([20, 0.4])],
    ['two meters', undefined, [at([20, 10], [21, 30]), at([22, 20])], at([20, 5], [21, 15], [22, 10])],
    ['a meter that sends its register', 'energy-looks-like-a-register', [counter], at([20, 9], [21, 27])],
    ['a vehicle that sends its register', 'energy-looks-like-a-register', [drawn], counter],
    [
      'a meter that sent its register until the end of the window',
      'energy-looks-like-a-register',
      [counter.map((bucket) => (bucket.start < START + 36 * HOUR ? bucket : { ...bucket, min: 0, max: 1 }))],
      at([20, 9], [21, 27]),
    ],
    ['two meters, one of which sends its register', 'energy-looks-like-a-register', [drawn, counter], drawn],
    ['a clock two hours off', 'clock-offset', [drawn], at([18, 9], [19, 27], [20, 18])],
    ['a clock that moved DC out of the window', 'clock-offset', [at([13, 10], [14, 30])], at([10, 9], [11, 27])],
    ['a clock that moved AC out of the window', 'clock-offset', [at([35, 10], [37, 30])], at([33, 9], [35, 27])],
    ["another vehicle's meter", 'more-dc-than-ac', [drawn], at([13, 8], [14, 8], [33, 8], [34, 8], [35, 8])],
    [
      'the meter of a vehicle with the same habits at another time',
      'more-dc-than-ac',
      [drawn],
      at([14, 6], [15, 18], [16, 12]),
    ],
    ['more DC than AC', 'more-dc-than-ac', [drawn], at([20, 15], [21, 45], [22, 30])],
  ])('of %s is %s', (_, cause, meters, vehicle) => {
    expect(diagnose({ lossThreshold: 0.85, span, meters, vehicle }).cause).toBe(cause);
  });

  it('finds no fault in the data of a silent meter', () => {
    expect(diagnose({ lossThreshold: 0.85, span, meters: [[]], vehicle: drawn })).toEqual({ dcWithoutAc: 0 });
  });
});
