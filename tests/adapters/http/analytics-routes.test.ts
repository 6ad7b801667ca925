import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { type AppUnderTest, appUnderTest, NOW, post, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

const iso = (time: number) => new Date(time).toISOString();
const json = async (app: AppUnderTest['app'], path: string) => {
  const response = await app.request(path);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
};

async function appWithEnergy(): Promise<AppUnderTest> {
  const under = appUnderTest();
  await post(under.app, [
    sentMeter({ kwhConsumedAc: 4, timestamp: START - 2 * HOUR }),
    sentMeter({ kwhConsumedAc: 6.000001 }),
    sentVehicle({ kwhDeliveredDc: 3, batteryTemp: 30, timestamp: START - 2 * HOUR }),
    sentVehicle({ kwhDeliveredDc: 5, batteryTemp: 32.333 }),
    sentVehicle({ vehicleId: 'EV-8', kwhDeliveredDc: 0.5, timestamp: START - MINUTE }),
  ]);
  return under;
}

describe('the performance of a vehicle', () => {
  it('on the fleet basis shows both sides, rounded as documented', async () => {
    const { app } = await appWithEnergy();
    const window = `from=${iso(START - 2 * HOUR)}&to=${iso(START + MINUTE)}`;

    expect(await json(app, `/v1/analytics/performance/EV-7?${window}`)).toEqual({
      vehicleId: 'EV-7',
      window: { from: iso(START - 2 * HOUR), to: iso(START + MINUTE) },
      acConsumedKwh: 10.000001,
      dcDeliveredKwh: 8,
      lossKwh: 1.500001,
      efficiency: 0.85,
      averageBatteryTemp: 31.17,
      acBasis: 'fleet',
      meters: [],
      fleet: { acConsumedKwh: 10.000001, dcDeliveredKwh: 8.5 },
      lossWarning: true,
      lossThreshold: 0.85,
      coverage: { vehicle: { readings: 2, expected: 121, ratio: 0.0165 }, meters: null },
      verdict: 'insufficient-data',
      reasons: ['no-linked-meter', 'gaps-in-vehicle-readings'],
    });
  });

  it('of a known vehicle without data consists of zeros and nulls', async () => {
    const { app } = await appWithEnergy();
    const window = `from=${iso(START - 9 * DAY)}&to=${iso(START - 8 * DAY)}`;
    expect(await json(app, `/v1/analytics/performance/EV-7?${window}`)).toMatchObject({
      acConsumedKwh: 0,
      dcDeliveredKwh: 0,
      lossKwh: 0,
      efficiency: null,
      averageBatteryTemp: null,
      lossWarning: false,
      verdict: 'no-data',
    });
  });

  it.each([['nobody'], ['M-7'], ['a%20b']])('of %s is not found', async (id) => {
    const { app } = await appWithEnergy();
    await problemOf(await app.request(`/v1/analytics/performance/${id}`), 404, 'not-found');
  });
});

describe('the performance of the fleet', () => {
  it('has the energies, the loss and the counts of the window', async () => {
    const { app } = await appWithEnergy();
    const { readings, otherKwh = {}, ...energies } = await json(app, '/v1/analytics/fleet?window=1h');
    expect(readings).toMatchObject({ meter: 1, vehicle: 2 });
    for (const kind of ['meter', 'vehicle']) expect(otherKwh).not.toHaveProperty(kind);
    expect(energies).toEqual({
      window: { from: iso(START - HOUR), to: iso(START + MINUTE) },
      acConsumedKwh: 6.000001,
      dcDeliveredKwh: 5.5,
      lossKwh: 0.500001,
      efficiency: 0.9167,
      lossWarning: false,
      lossThreshold: 0.85,
    });
  });

  it('has a series of the hours with readings on request', async () => {
    const { app } = await appWithEnergy();
    const { series, ...whole } = await json(app, '/v1/analytics/fleet?resolution=hour');
    expect(whole).toEqual(await json(app, '/v1/analytics/fleet'));
    const hour = (from: number, to = from + HOUR) => ({ from: iso(from), to: iso(to) });
    expect(series).toMatchObject([
      { window: hour(START - 2 * HOUR), acConsumedKwh: 4, dcDeliveredKwh: 3, readings: { meter: 1, vehicle: 1 } },
      { window: hour(START - HOUR), acConsumedKwh: 0, dcDeliveredKwh: 0.5, efficiency: null },
      { window: hour(START, START + MINUTE), acConsumedKwh: 6.000001, dcDeliveredKwh: 5 }, // up to now
    ]);
  });
});

describe('a window', () => {
  const windowOf = async (query: string) => (await json(appUnderTest().app, `/v1/analytics/fleet?${query}`)).window;
  const minuteAfterNow = START + MINUTE;

  it.each([
    ['', START - DAY, minuteAfterNow],
    ['window=15m', START - 15 * MINUTE, minuteAfterNow],
    ['window=7d', START - 7 * DAY, minuteAfterNow],
    [`to=${iso(START)}`, START - DAY, START],
    [`window=2h&to=${iso(START)}`, START - 2 * HOUR, START],
    [`from=${iso(START - HOUR)}`, START - HOUR, minuteAfterNow],
    [`from=${iso(START - HOUR + 1)}&to=${iso(START - MINUTE - 1)}`, START - HOUR, START - MINUTE],
    ['from=2026-01-15T12:00:00%2B02:00&to=2026-01-15T13:00:00%2B02:00', START - 2 * HOUR, START - HOUR],
    ['from=2016-01-15T12:00:00Z&to=2026-01-15T12:00:00Z', Date.UTC(2016, 0, 15, 12), START],
    [`from=${iso(START)}&to=${iso(START + DAY)}`, START, START + DAY],
    ['', START - DAY, minuteAfterNow],
  ])('of %j is shown in whole minutes', async (query, from, to) => {
    expect(await windowOf(query)).toEqual({ from: iso(from), to: iso(to) });
  });

  it.each([
    ['windows=1h', '/windows'],
    ['window=banana', '/window'],
    ['window=', '/window'],
    ['window=0h', '/window'],
    ['window=24', '/window'],
    ['window=3654d', '/window'],
    ['window=24h&from=2026-01-01T00:00:00Z', '/window'],
    ['window=24h&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', '/window'],
    ['window=1h&window=2h', '/window'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', '/from'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z', '/from'],
    [`from=${iso(NOW)}`, '/from'],
    ['from=2012-01-01', '/from'],
    ['from=2026-01-01T00:00:00', '/from'],
    ['from=2026-02-30T00:00:00Z', '/from'],
    ['from=1767225600000', '/from'],
    ['from=2016-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', '/from'],
    ['to=now', '/to'],
    ['to=', '/to'],
    ['to=9999-12-31T23:59:59.999Z', '/to'],
    ['to=9999-12-31T23:30:00Z&resolution=hour', '/to'],
    ['to=0001-01-01T00:00:00Z', '/to'],
    ['resolution=day', '/resolution'],
  ])('of %s is refused with the name of the parameter', async (query, pointer) => {
    const problem = await problemOf(
      await appUnderTest().app.request(`/v1/analytics/fleet?${query}`),
      400,
      'invalid-query',
    );
    expect(problem.errors[0]).toMatchObject({ pointer, detail: expect.stringContaining(pointer.slice(1)) });
  });

  it('in epoch milliseconds is refused without suggesting epoch milliseconds', async () => {
    const response = await appUnderTest().app.request('/v1/analytics/fleet?from=1767225600000');
    expect((await problemOf(response, 400, 'invalid-query')).detail).not.toContain('epoch');
  });

  it('that is invalid is refused for an unknown vehicle, too', async () => {
    const response = await appUnderTest().app.request('/v1/analytics/performance/nobody?window=1w');
    await problemOf(response, 400, 'invalid-query');
  });

  it('has all its errors reported in one response', async () => {
    const response = await appUnderTest().app.request('/v1/analytics/fleet?from=a&to=b&resolution=c');
    const { errors } = await problemOf(response, 400, 'invalid-query', 'invalid-query', 'invalid-query');
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/from', '/to', '/resolution']);
  });

  it('with an unescaped plus sign is refused with a hint how to escape it', async () => {
    const response = await appUnderTest().app.request('/v1/analytics/fleet?from=2026-01-15T12:00:00+02:00');
    expect((await problemOf(response, 400, 'invalid-query')).detail).toContain('%2B');
  });
});

describe('the log', () => {
  it('has a line for each analytics request, with its id, status and duration', async () => {
    const { app, log } = appUnderTest();
    await app.request('/v1/analytics/fleet?window=1h', { headers: { 'x-request-id': 'q-1' } });
    await app.request('/v1/analytics/fleet?window=no');
    expect(log.lines).toEqual([
      {
        level: 'debug',
        message: 'request',
        fields: {
          requestId: 'q-1',
          method: 'GET',
          path: '/v1/analytics/fleet',
          status: 200,
          durationMs: expect.any(Number),
        },
      },
      expect.objectContaining({ fields: expect.objectContaining({ status: 400 }) }),
    ]);
  });
});
