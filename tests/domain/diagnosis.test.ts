import { describe, expect, it } from 'vitest';
import { hoursToSee } from '#domain/efficiency/close-up';
import { type DataCause, diagnose, type Examined } from '#domain/efficiency/diagnosis';
import { diagnosisSpan } from '#domain/efficiency/diagnosis-span';
import { type EnergyBucket, type EnergySeries, seriesWithin } from '#domain/energy/energy-series';
import { totalEnergy } from '#domain/energy/lone-energy';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { START } from '#testing/readings';
import { aSeries, seriesOfMinutes } from '#tests/support/energy-series';
import { counted } from '#tests/support/minute-readings';

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

function examined(window: TimeWindow, meters: readonly EnergySeries[], vehicle: EnergySeries): Examined {
  const span = diagnosisSpan(window);
  const within = (series: EnergySeries) => totalEnergy(seriesWithin(series, span.judged));
  const ac = meters.reduce((sum, series) => sum + within(series), 0);
  return { balance: { window, ac, dc: within(vehicle), lossThreshold: 0.85 }, span, meters, vehicle };
}

describe('the diagnosis by the hour', () => {
  const HOURS = 48;
  /** Judges one day and sees twelve hours more at either end. */
  const window = { from: START + 12 * HOUR, to: START + 36 * HOUR };
  const at = (...energies: [hour: number, kwh: number][]): EnergySeries => {
    const all = Array.from({ length: HOURS }, () => 0);
    for (const [hour, kwh] of energies) all[hour] = kwh * 1_000_000;
    return aSeries(all);
  };
  const real = Array.from({ length: HOURS * 60 }, () => 0.02);
  const [ac, dc] = [
    seriesOfMinutes(real, HOUR),
    seriesOfMinutes(
      real.map((kwh) => kwh * 0.9),
      HOUR,
    ),
  ];
  const counter = seriesOfMinutes(counted(real, 1), HOUR);
  const untilTheEnd = counter.map((bucket, i) => (i < 36 ? bucket : (ac[i] as EnergyBucket)));
  const drawn = at([20, 1], [21, 3], [22, 2]);

  it.each<[string, DataCause | undefined, EnergySeries[], EnergySeries]>([
    ['a loss', undefined, [drawn], at([20, 0.5], [21, 1.5], [22, 1])],
    ['a good charger', undefined, [drawn], at([20, 0.9], [21, 2.7], [22, 1.8])],
    ['a charger that delivers nothing', undefined, [drawn], at()],
    ['a short session', undefined, [at([20, 0.1])], at([20, 0.04])],
    ['two meters', undefined, [at([20, 1], [21, 3]), at([22, 2])], at([20, 0.5], [21, 1.5], [22, 1])],
    ['a silent meter', undefined, [[]], drawn],
    ['a meter that sends its register', 'energy-looks-like-a-register', [counter], dc],
    ['a vehicle that sends its register', 'energy-looks-like-a-register', [ac], counter],
    ['a meter that sent its register until the end', 'energy-looks-like-a-register', [untilTheEnd], dc],
    ['two meters, one of which sends its register', 'energy-looks-like-a-register', [at(), counter], dc],
    ['more than any charger delivers', 'energy-looks-like-a-register', [at([20, 370])], at([20, 340])],
    ['a clock two hours off', 'clock-offset', [drawn], at([18, 0.9], [19, 2.7], [20, 1.8])],
    ['a clock that moved DC out of the window', 'clock-offset', [at([13, 1], [14, 3])], at([10, 0.9], [11, 2.7])],
    ['a clock that moved AC out of the window', 'clock-offset', [at([35, 1], [37, 3])], at([33, 0.9], [35, 2.7])],
    ["another vehicle's meter", 'more-dc-than-ac', [drawn], at([13, 0.8], [14, 0.8], [33, 0.8], [34, 0.8], [35, 0.8])],
    ['the meter of a vehicle with other hours', 'more-dc-than-ac', [drawn], at([14, 0.6], [15, 1.8], [16, 1.2])],
    ['more DC than AC', 'more-dc-than-ac', [drawn], at([20, 1.5], [21, 4.5], [22, 3])],
    ['DC and a meter that draws nothing', 'more-dc-than-ac', [at()], at([20, 0.9], [21, 2.7])],
    ['a vehicle mostly charged elsewhere', 'more-dc-than-ac', [drawn], at([21, 2.7], [30, 20])],
  ])('of %s is %s', (_, cause, meters, vehicle) => {
    expect(diagnose(examined(window, meters, vehicle))).toEqual({ cause, dcWithoutAc: 0 });
  });
});

describe('DC without AC', () => {
  /** A session at home, then 1.6 kWh in 4 minutes elsewhere. */
  const [home, away] = [60, 65];
  const drawn = Array.from({ length: 120 }, (_, i) => (i < home ? 0.1 : 0));
  const delivered = drawn.map((kwh, i) => (i >= away && i < away + 4 ? 0.4 : kwh * 0.7));
  const window = { from: START, to: START + 2 * HOUR };

  it.each<[string, number, number[], number[]]>([
    ['from elsewhere', 1.6, drawn, delivered],
    ['from elsewhere, with standby at home', 1.6, drawn.map((kwh) => kwh + 0.002), delivered],
    ['of a clock a minute late', 0, drawn, [0, ...drawn.map((kwh) => kwh * 0.7)]],
    ['of a clock a minute early', 0, [0, ...drawn], drawn.map((kwh) => kwh * 0.7)],
    [
      'of a meter that counts in steps',
      0,
      drawn.map((kwh, i) => (kwh > 0 && i % 10 === 9 ? 1 : 0)),
      drawn.map((kwh) => kwh * 0.9),
    ],
    ['of a clock four minutes late', 0, drawn, [0, 0, 0, 0, ...drawn.map((kwh) => kwh * 0.9)]],
    ['of a clock four minutes early', 0, [0, 0, 0, 0, ...drawn], drawn.map((kwh) => kwh * 0.9)],
    [
      'right after the session, of a fast charger',
      1.2,
      drawn,
      drawn.map((kwh, i) => (i > 60 && i < 65 ? 0.3 : kwh * 0.9)),
    ],
    ['of a few seconds', 0, drawn, drawn.map((kwh, i) => (i === 90 ? 0.04 : kwh * 0.7))],
  ])('%s is %f kWh', (_, kwh, ac, dc) => {
    const { cause, dcWithoutAc } = diagnose(examined(window, [seriesOfMinutes(ac)], seriesOfMinutes(dc)));
    expect({ cause, kwh: dcWithoutAc / 1_000_000 }).toEqual({ cause: undefined, kwh });
  });

  it('counts by the minute in the hours of a close-up, within the window', () => {
    const day = { from: START, to: START + DAY };
    const [ac, dc] = [drawn, delivered];
    const byHour = examined(day, [seriesOfMinutes(ac, HOUR)], seriesOfMinutes(dc, HOUR));
    const hours = hoursToSee(byHour.span, byHour, false);
    expect(hours).toEqual([START + HOUR]);
    const closeUp = { hours: new Set(hours), meters: [seriesOfMinutes(ac)], vehicle: seriesOfMinutes(dc) };
    expect(diagnose(byHour, closeUp)).toEqual({ cause: undefined, dcWithoutAc: 1_600_000 });
    const balance = { ...byHour.balance, window: { from: START, to: START + (away + 2) * MINUTE } };
    expect(diagnose({ ...byHour, balance }, closeUp).dcWithoutAc).toBe(800_000);
  });
});
