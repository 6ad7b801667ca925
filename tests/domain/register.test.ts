import { describe, expect, it } from 'vitest';
import type { EnergySeries } from '#domain/energy/energy-series';
import { climbsIn, exceedsAnyCharger, isBeyondPower, standsLikeCounter } from '#domain/energy/register';
import { HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';

/** One reading a minute, in kWh. */
function byMinute(kwh: readonly number[]): EnergySeries {
  return kwh.map((value, i) => {
    const energy = Math.round(value * 1e6);
    return { start: START + i * MINUTE, energy, readings: 1, min: energy, max: energy };
  });
}

const times = (count: number, value: (i: number) => number) => Array.from({ length: count }, (_, i) => value(i));
const counter = (minutes: number, kw: number, from = 0) => times(minutes, (i) => from + (kw / 60) * (i + 1));

describe('values that climb as a counter does', () => {
  it.each<[string, number, number[]]>([
    ['a counter', 1, counter(120, 6)],
    ['a counter that starts again once', 2, [...counter(60, 6), ...counter(60, 6)]],
    ['a counter that starts again three times', 4, times(4, () => 30).flatMap((minutes) => counter(minutes, 6))],
    ['a counter that stands between sessions', 1, [...times(30, () => 2), ...counter(30, 6, 2), ...times(60, () => 5)]],
    ['a counter of 1.4 kW', 1, counter(60, 1.4)],
    ['constant power', 0, times(60, () => 0.12)],
    ['power that varies', 0, times(60, (i) => 0.12 * (1 + 0.02 * Math.sin(i)))],
    ['a smooth ramp over seven hours', 0, times(420, (i) => 0.02 + 0.0002 * i)],
    ['a smooth ramp down', 0, times(420, (i) => 0.12 - 0.0002 * i)],
    ['a ramp over half an hour', 0, times(30, (i) => 0.004 * i)],
    ['a session that begins within two minutes', 0, [0, 0, 0.06, 0.12, ...times(40, () => 0.18), 0, 0]],
    ['a taper', 0, times(90, (i) => 0.18 * Math.exp(-i / 30))],
    ['nothing', 0, times(60, () => 0)],
  ])('%s: %i', (_, climbs, kwh) => {
    expect(climbsIn(byMinute(kwh))).toHaveLength(climbs);
  });

  it('are beyond any power when they reach more than a kilowatt hour a minute', () => {
    expect(climbsIn(byMinute(counter(60, 6))).some(isBeyondPower)).toBe(true);
    expect(climbsIn(byMinute(times(10, (i) => 0.02 * i))).some(isBeyondPower)).toBe(false);
  });
});

describe('a reading of more than any charger delivers', () => {
  it.each<[string, boolean, number[]]>([
    ['7 kWh in a minute', true, [0.1, 0.1, 7, 0.1]],
    ['6 kWh in a minute, 360 kW', false, [0.1, 6, 0.1]],
    ['the first reading, of unknown length', false, [7, 0.1]],
  ])('%s: %s', (_, expected, kwh) => {
    expect(exceedsAnyCharger(byMinute(kwh), MINUTE)).toBe(expected);
  });

  it('may carry the energy of an outage', () => {
    const [before, after] = byMinute([0.1, 20]) as [EnergySeries[number], EnergySeries[number]];
    expect(exceedsAnyCharger([before, { ...after, start: START + 2 * HOUR }], MINUTE)).toBe(false);
  });
});

describe('values that stand like a counter', () => {
  it.each<[string, boolean, number[]]>([
    ['a parked counter that rises now and then', true, [...times(20, () => 5), 5.1, 5.2, 5.3, ...times(20, () => 5.3)]],
    ['a parked counter that never rises', false, times(40, () => 5)],
    ['a counter that was reset', false, [...times(20, () => 5), 5.1, 5.2, 5.3, ...times(20, () => 0)]],
    ['standby, then a session', false, [...times(20, () => 0.001), 0.05, 0.1, 0.15, ...times(20, () => 0.15)]],
  ])('%s: %s', (_, expected, kwh) => {
    expect(standsLikeCounter(byMinute(kwh))).toBe(expected);
  });
});
