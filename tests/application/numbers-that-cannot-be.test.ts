import { describe, expect, it } from 'vitest';
import { DetectLosses } from '#application/losses/detect-losses';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import type { Reading } from '#domain/reading/reading';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { appUnderTest } from '#tests/adapters/http/app-under-test';
import { counted, flat, idle, type Minutes, minuteReadings, ramp, times } from '#tests/support/minute-readings';
import { stores } from '#tests/support/stores';

/** A whole hour; every vehicle has a day of readings before it. */
const END = START + 2 * DAY;
/** Idle until the last minutes of the day. */
const atTheEnd = (minutes: Minutes) => [...idle(1440 - minutes.length), ...minutes];

const home = [...flat(60, 0.1), ...idle(60)];
const away = home.map((kwh, i) => (i >= 65 && i < 69 ? 0.4 : kwh * 0.7));
/** A day of charging, in which the vehicle charges elsewhere for some minutes of the hour before the last. */
const busyDay = [...flat(1310, 0.02), ...idle(130)];
const busyElsewhere = busyDay.map((kwh, i) => (i >= 1330 && i < 1340 ? 0.65 : kwh * 0.7));
/** The charger draws 12 W when nothing is charged. */
const busyWithStandby = busyDay.map((kwh) => Math.max(kwh, 0.0002));

/** The AC and DC of each vehicle, minute by minute. */
const vehicles: Record<string, readonly [ac: Minutes, dc: Minutes]> = {
  counter: [atTheEnd(counted(flat(120, 0.1), 0, 60)), atTheEnd(flat(120, 0.093))],
  'counter-by-day': [counted(flat(1440, 0.1), 0, 720), flat(1440, 0.093)],
  'counter-of-vehicle': [flat(1440, 0.1), counted(flat(1440, 0.093), 0, 300)],
  'two-counters': [atTheEnd(counted(flat(120, 0.1), 0, 60)), atTheEnd(counted(flat(120, 0.093), 0, 60))],
  elsewhere: [atTheEnd(home), atTheEnd(away)],
  'elsewhere-by-day': [busyDay, busyElsewhere],
  'elsewhere-despite-standby': [busyWithStandby, busyElsewhere],
  ramp: [ramp(1440), times(ramp(1440), 0.78)],
  healthy: [atTheEnd(flat(240, 0.12)), atTheEnd(flat(240, 0.11))],
};
const meterOf = (vehicleId: string) => `M-${vehicleId}`;

describe.each(stores)('numbers that cannot be, on $name', ({ open }) => {
  async function aFleet(readings: readonly Reading[]) {
    const store = await open();
    const { app, clock } = appUnderTest(store);
    const get = async <T>(path: string) => {
      const response = await app.request(path);
      expect(response.status).toBe(200);
      return (await response.json()) as T;
    };
    for (let i = 0; i < readings.length; i += 5_000) await store.writer.commit(readings.slice(i, i + 5_000));
    return { store, clock, get };
  }

  it('are explained, whatever the totals look like, and open warnings only about real losses', async () => {
    const all = Object.entries(vehicles).flatMap(([vehicleId, [ac, dc]]) =>
      minuteReadings({ meterId: meterOf(vehicleId), vehicleId }, END, ac, dc),
    );
    const { store, clock, get } = await aFleet(all);
    await store.links.add(
      Object.keys(vehicles).map((vehicleId) => aLink({ meterId: meterOf(vehicleId), vehicleId, from: START })),
    );
    await closeHours(store);
    clock.set(END);

    const judge = async (vehicleId: string, window: string) => {
      type Report = Record<string, unknown>;
      const report = await get<Report>(`/v1/analytics/performance/${vehicleId}?window=${window}`);
      return { verdict: report.verdict, reasons: report.reasons };
    };
    const register = { verdict: 'implausible', reasons: ['energy-looks-like-a-register'] };
    for (const window of ['2h', '7h', '24h']) {
      const found = await Promise.all(Object.keys(vehicles).map(async (id) => [id, await judge(id, window)] as const));
      expect({ window, ...Object.fromEntries(found) }).toMatchObject({
        window,
        counter: register,
        'counter-by-day': register,
        'counter-of-vehicle': register,
        'two-counters': register,
        elsewhere: { verdict: 'loss', reasons: ['dc-without-ac'] },
        ramp: { verdict: 'loss', reasons: [] },
        healthy: { verdict: 'ok', reasons: [] },
      });
    }
    expect(await get(`/v1/analytics/performance/elsewhere?window=2h`)).toMatchObject({
      acConsumedKwh: 6,
      dcDeliveredKwh: 5.8,
      dcWithoutAcKwh: 1.6,
      lossKwh: 1.8,
      efficiency: 0.7,
      lossWarning: true,
    });

    const losses = await get<{ data: Record<string, unknown>[] }>('/v1/analytics/losses');
    expect(losses.data.map(({ vehicleId, verdict }) => [vehicleId, verdict])).toEqual([
      ['counter-by-day', 'implausible'],
      ['counter', 'implausible'],
      ['elsewhere-despite-standby', 'loss'],
      ['elsewhere', 'loss'],
      ['elsewhere-by-day', 'loss'],
      ['ramp', 'loss'],
    ]);
    expect(losses.data[2]).toMatchObject({ efficiency: 0.6993, dcWithoutAcKwh: 6.5, reasons: ['dc-without-ac'] });
    expect(losses.data[3]).toMatchObject({ efficiency: 0.7, dcWithoutAcKwh: 1.6, lossKwh: 1.8 });
    expect(losses.data[4]).toMatchObject({ efficiency: 0.7, dcWithoutAcKwh: 6.5, reasons: ['dc-without-ac'] });

    clock.set(END + 2 * MINUTE);
    await new DetectLosses(store, clock, DEFAULT_WARNING_RULE).detect();
    const warnings = await get<{ data: Record<string, unknown>[] }>('/v1/warnings');
    expect(warnings.data.map(({ vehicleId }) => vehicleId).sort()).toEqual([
      'elsewhere',
      'elsewhere-by-day',
      'elsewhere-despite-standby',
      'ramp',
    ]);
    expect(warnings.data.find(({ vehicleId }) => vehicleId === 'elsewhere-by-day')).toMatchObject({
      dcWithoutAcKwh: 6.5,
    });
  });

  it('are no verdict about a vehicle without a link', async () => {
    const { clock, get } = await aFleet([
      ...minuteReadings({ meterId: 'M-1', vehicleId: 'EV-1' }, END, flat(60, 0.1), flat(60, 0.093)),
      ...minuteReadings({ meterId: 'M-2', vehicleId: 'EV-2' }, END, flat(60, 0.1), flat(60, 0.05)),
    ]);
    clock.set(END);
    expect(await get('/v1/analytics/performance/EV-1?window=1h')).toMatchObject({
      acBasis: 'fleet',
      fleet: { acConsumedKwh: 12, dcDeliveredKwh: 8.58 },
      efficiency: 0.715,
      lossWarning: true,
      verdict: 'insufficient-data',
      reasons: ['no-linked-meter'],
    });
  });

  it('do not come from a reading at the moment when the links change', async () => {
    const at = END - HOUR;
    const minutes = Array.from({ length: 120 }, (_, i) => END - 2 * HOUR + (i + 1) * MINUTE);
    const { store, clock, get } = await aFleet([
      ...minutes.map((timestamp) => aMeterReading({ deviceId: 'M-1', timestamp, kwh: timestamp === at ? 5 : 0.1 })),
      ...minutes.map((timestamp) => aVehicleReading({ deviceId: 'EV-1', timestamp, kwh: timestamp < at ? 0.09 : 0 })),
      ...minutes.map((timestamp) => aVehicleReading({ deviceId: 'EV-2', timestamp, kwh: timestamp > at ? 0.06 : 0 })),
    ]);
    await store.links.add([
      aLink({ meterId: 'M-1', vehicleId: 'EV-1', from: START, to: at }),
      aLink({ meterId: 'M-1', vehicleId: 'EV-2', from: at }),
    ]);
    const acOf = async (vehicleId: string) => {
      const report = await get<{ acConsumedKwh: number }>(`/v1/analytics/performance/${vehicleId}?window=3h`);
      return report.acConsumedKwh;
    };

    clock.set(END);
    expect([await acOf('EV-1'), await acOf('EV-2')]).toEqual([59 * 0.1 + 5, 5.9]);
    await closeHours(store);
    clock.set(END + HOUR);
    const { data } = await get<{ data: { acConsumedKwh: number }[] }>('/v1/analytics/losses?window=3h');
    expect(data.map((one) => one.acConsumedKwh).sort()).toEqual([10.9, 6]);
  });

  it('do not come from hours at the edges of a window', async () => {
    const { clock, get } = await aFleet([
      ...minuteReadings({ meterId: 'M-1', vehicleId: 'EV-1' }, END, flat(180, 0.2), flat(180, 0.1)),
    ]);
    clock.set(END);
    type Fleet = { acConsumedKwh: number; window: unknown; readings: Record<string, number> };
    for (const [from, to, length] of [
      [END - 150 * MINUTE, END - 90 * MINUTE, 2],
      [END - 150 * MINUTE, END - 30 * MINUTE, 3],
      [END - 100 * MINUTE, END - 80 * MINUTE, 1],
      [END - 2 * HOUR, END, 2],
    ] as const) {
      const query = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&resolution=hour`;
      const total = await get<Fleet & { series: Fleet[] }>(`/v1/analytics/fleet?${query}`);
      const sum = (of: (one: Fleet) => number) => total.series.reduce((all, one) => all + of(one), 0);
      expect(total.series).toHaveLength(length);
      expect(sum(({ acConsumedKwh }) => acConsumedKwh)).toBeCloseTo(total.acConsumedKwh, 9);
      expect(sum(({ readings }) => readings.vehicle ?? 0)).toBe((to - from) / MINUTE);
      expect(total.series[0]?.window).toMatchObject({ from: new Date(from).toISOString() });
    }
  });
});
