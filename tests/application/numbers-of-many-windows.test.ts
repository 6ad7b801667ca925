import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { DAY, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';
import {
  counted,
  flat,
  idle,
  type Minutes,
  minuteReadings,
  noisy,
  ramp,
  repeated,
  session,
  times,
} from '#tests/support/minute-readings';

const END = START + 8 * DAY;
const DEVICES = { meterId: 'M-1', vehicleId: 'EV-1' };

/** The report over exactly the minutes given. */
async function judgementOf(ac: Minutes, dc: Minutes) {
  const store = createMemoryStore();
  await store.links.add([aLink({ ...DEVICES, from: START - DAY })]);
  await store.writer.commit(minuteReadings(DEVICES, END, ac, dc));
  const report = new ReportVehiclePerformance(store, new ManualClock(END), DEFAULT_WARNING_RULE);
  const performance = await report.report('EV-1', { from: END - ac.length * MINUTE, to: END });
  return { verdict: performance?.verdict, reasons: performance?.reasons.filter((one) => one !== 'little-energy') };
}

const WINDOWS = { '1h': 60, '2h': 120, '6h': 360, '7h': 420, '24h': 1440, '7d': 10_080 };

describe.each(Object.entries(WINDOWS))('over %s', (_, minutes) => {
  /** Sessions of 40 minutes, each with a pause, over the whole window. */
  const sessions = (values: (minutes: Minutes) => Minutes) =>
    Array.from({ length: Math.ceil(minutes / 60) }, () => values([...flat(40, 0.06), ...idle(20)])).flat();
  const steady = flat(minutes, 0.06);
  const counters: [string, Minutes, Minutes][] = [
    ['a counter', steady, counted(steady, 2, 1440)],
    ['a counter that is reset once', steady, counted(steady, 0, Math.ceil(minutes / 2))],
    ['a counter that is reset three times', steady, counted(steady, 0, Math.ceil(minutes / 4))],
    ['a counter of sessions', sessions((one) => one), sessions((one) => counted(one))],
  ];

  it.each(counters)('%s is recognized on either side, and on both', async (_, real, values) => {
    const implausible = { verdict: 'implausible', reasons: ['energy-looks-like-a-register'] };
    expect(await judgementOf(values, times(real, 0.93))).toEqual(implausible);
    expect(await judgementOf(times(real, 1 / 0.93), values)).toEqual(implausible);
    expect(await judgementOf(values, times(values, 0.93))).toEqual(implausible);
  });

  const healthy: [string, Minutes][] = [
    ['a ramp up', ramp(minutes)],
    ['a ramp down', ramp(minutes).reverse()],
    ['a ramp from 1 to 11 kW', ramp(minutes, 1 / 60, 10 / 60 / minutes)],
    ['constant power', steady],
    ['noise', noisy(steady)],
    ['sessions', sessions((one) => one)],
    ['sessions with taper', sessions(() => [...session(50), ...idle(10)])],
    ['power that follows the sun', repeated(minutes, (i) => 0.18 * Math.abs(Math.sin((Math.PI * i) / 600)))],
    ['one session', [...session(Math.floor(minutes / 2), 0.12), ...idle(Math.ceil(minutes / 2))]],
  ];
  it.each(healthy)('%s is judged by its efficiency', async (_, real) => {
    expect(await judgementOf(real, times(real, 0.93))).toEqual({ verdict: 'ok', reasons: [] });
    expect(await judgementOf(real, times(real, 0.78))).toEqual({ verdict: 'loss', reasons: [] });
  });

  it('a parked vehicle is accused of nothing', async () => {
    expect(await judgementOf(idle(minutes), idle(minutes))).toEqual({ verdict: 'insufficient-data', reasons: [] });
  });

  it('a single impossible reading is no loss', async () => {
    const ac = steady.map((kwh, i) => (i === Math.floor(minutes / 2) ? 60 : kwh));
    const implausible = { verdict: 'implausible', reasons: ['energy-looks-like-a-register'] };
    expect(await judgementOf(noisy(ac), noisy(times(steady, 0.93)))).toEqual(implausible);
  });

  it('charging elsewhere after the last session hides no loss', async () => {
    const home = [...idle(minutes - 45), ...flat(30, 0.12), ...idle(15)];
    const away = home.map((kwh, i) => (i >= minutes - 8 && i < minutes - 4 ? 0.25 : kwh * 0.7));
    expect(await judgementOf(home, away)).toEqual({ verdict: 'loss', reasons: ['dc-without-ac'] });
    expect(
      await judgementOf(
        home.map((kwh) => kwh + 0.0001),
        away,
      ),
    ).toMatchObject({ reasons: ['dc-without-ac'] });
  });
});
