import { describe, expect, it } from 'vitest';
import { exceedsAnyCharger, hoursOfDoubt, isRegister } from '#domain/energy/register';
import { HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { seriesOfMinutes } from '#tests/support/energy-series';
import {
  counted,
  flat,
  idle,
  type Minutes,
  noisy,
  ramp,
  repeated,
  session,
  times,
} from '#tests/support/minute-readings';

/** Sessions with pauses in which a counter keeps its value; it restarts with each session. */
const sessions = [...idle(20), ...flat(40, 0.12), ...idle(60), ...flat(30, 0.12), ...idle(30)];
const sessionCounter = [
  ...idle(20),
  ...counted([...flat(40, 0.12), ...idle(60)]),
  ...counted([...flat(30, 0.12), ...idle(30)]),
];

const areRegisters = (ac: Minutes, dc: Minutes, width: number) => {
  const [drawn, delivered] = [seriesOfMinutes(ac, width), seriesOfMinutes(dc, width)];
  return {
    meter: isRegister({ series: drawn, other: delivered, current: 'ac' }),
    vehicle: isRegister({ series: delivered, other: drawn, current: 'dc' }),
  };
};

describe('a counter', () => {
  const constant = flat(120, 0.1);
  const slow = flat(120, 0.025);
  const withTaper = [...session(60), ...idle(10), ...session(50)];
  it.each<[string, Minutes, Minutes]>([
    ['from 0', constant, counted(constant)],
    ['from 0, of a slow charger', slow, counted(slow)],
    ['from 50 kWh', constant, counted(constant, 50)],
    ['that is reset once', constant, counted(constant, 0, 60)],
    ['that is reset once, from 50 kWh', constant, counted(constant, 50, 60)],
    ['that is reset three times', constant, counted(constant, 0, 30)],
    ['of varying power', noisy(constant), counted(noisy(constant), 3)],
    ['of sessions with taper', withTaper, counted(withTaper, 2)],
    ['that restarts with each session', sessions, sessionCounter],
  ])('%s is recognized on either side, and on both', (_, real, values) => {
    expect(areRegisters(values, times(real, 0.93), MINUTE)).toEqual({ meter: true, vehicle: false });
    expect(areRegisters(times(real, 1 / 0.93), values, MINUTE)).toEqual({ meter: false, vehicle: true });
    expect(areRegisters(values, times(values, 0.93), MINUTE)).toEqual({ meter: true, vehicle: true });
  });

  it.each([
    ['of hours', 24, 0],
    ['of hours that is reset once', 24, 12 * 60],
    ['of a week', 7 * 24, 24 * 60],
  ])('%s is recognized by the hour', (_, hours, minutesPerReset) => {
    const real = flat(hours * 60, 0.1);
    expect(areRegisters(counted(real, 0, minutesPerReset || Infinity), times(real, 0.93), HOUR).meter).toBe(true);
    expect(areRegisters(real, counted(times(real, 0.93), 0, minutesPerReset || Infinity), HOUR).vehicle).toBe(true);
  });
});

describe('energy since the previous reading', () => {
  const cases: [string, Minutes][] = [
    ...[10, 60, 120, 420, 1440, 7 * 1440].flatMap((minutes): [string, Minutes][] => [
      [`that climbs for ${minutes} minutes`, ramp(minutes)],
      [`that falls for ${minutes} minutes`, ramp(minutes).reverse()],
      [`that climbs from 1 to 11 kW in ${minutes} minutes`, ramp(minutes, 1 / 60, 10 / 60 / minutes)],
      [`that is constant for ${minutes} minutes`, flat(minutes, 0.12)],
    ]),
    ['that follows the sun', repeated(600, (i) => 0.18 * Math.sin((Math.PI * i) / 600))],
    ['that climbs and ends, again and again', [...ramp(45, 0, 0.004), ...idle(15), ...ramp(45, 0, 0.004), ...idle(15)]],
    ['of a soft start to 22 kW', [...ramp(15, 0, 0.0245), ...flat(100, 0.367), ...idle(5)]],
    ['of a parked vehicle', idle(420)],
    ['of standby', flat(420, 0.0005)],
    ['of sessions', sessions],
    ['of sessions with taper', [...idle(30), ...session(120), ...idle(60), ...session(180), ...idle(30)]],
    ['of noise', noisy([...flat(200, 0.12), ...idle(100), ...flat(120, 0.06)])],
    ['of a fast charger', [...idle(5), ...session(30, 2.5), ...idle(20)]],
  ];
  it.each(cases)('%s is no register, whatever the efficiency', (_, drawn) => {
    for (const efficiency of [0.93, 0.78, 0.3, 0.03, 0]) {
      for (const width of [MINUTE, HOUR]) {
        const delivered = times(drawn, efficiency);
        expect({ efficiency, width, ...areRegisters(drawn, delivered, width) }).toMatchObject({
          meter: false,
          vehicle: false,
        });
      }
    }
  });
});

describe('power that no charger delivers', () => {
  const exceeds = (kwh: Minutes, width: number) =>
    exceedsAnyCharger(seriesOfMinutes(kwh, width), width, { from: START, to: START + 400 * HOUR });

  it.each<[string, boolean, Minutes]>([
    ['350 kW', false, flat(180, 350 / 60)],
    ['one reading of 50 kWh', true, [...flat(90, 0.1), 50, ...flat(89, 0.1)]],
    ['a counter at 70 kWh', true, flat(180, 70)],
    ['nothing', false, idle(180)],
  ])('is found by the minute: %s: %s', (_, expected, kwh) => {
    expect(exceeds(kwh, MINUTE)).toBe(expected);
  });

  it('is found by the hour when it lasts', () => {
    expect(exceeds(flat(180, 5.9), HOUR)).toBe(false);
    expect(exceeds(flat(180, 6.1), HOUR)).toBe(true);
  });

  it('is not the energy of a gap, nor that of a first reading', () => {
    const series = seriesOfMinutes([...flat(10, 0.1), ...idle(20), 20, 0.1]);
    expect(
      exceedsAnyCharger([...series.slice(0, 10), ...series.slice(30)], MINUTE, { from: START, to: START + HOUR }),
    ).toBe(false);
    expect(exceeds([50, 0.1], MINUTE)).toBe(false);
  });

  it('does not concern a window after it', () => {
    const series = seriesOfMinutes([0.1, 50, ...flat(60, 0.1)]);
    expect(exceedsAnyCharger(series, MINUTE, { from: START + 2 * MINUTE, to: START + HOUR })).toBe(false);
  });
});

describe('the hours that leave a doubt', () => {
  const hoursOf = (kwh: Minutes) => hoursOfDoubt(seriesOfMinutes(kwh, HOUR), 3).map((hour) => (hour - START) / HOUR);

  it.each<[string, number[], Minutes]>([
    ['none of power that varies', [], noisy(flat(600, 0.12))],
    ['none of constant power', [], flat(600, 0.12)],
    ['none of a parked vehicle', [], idle(600)],
    ['those in which a counter rises', [1, 2, 3], [...flat(60, 1), ...counted(flat(180, 0.02), 1), ...flat(120, 4.6)]],
    ['those in which a counter is reset and climbs on', [4, 5, 6], counted(flat(420, 0.04), 0, 105)],
    ['those in which a counter is reset', [0, 1, 2], counted(flat(180, 0.1), 0, 7)],
    ['the one with impossible power', [2], [...noisy(flat(150, 0.12)), 80, ...noisy(flat(149, 0.12))]],
  ])('are %s', (_, expected, kwh) => {
    expect(hoursOf(kwh)).toEqual(expected);
  });
});
