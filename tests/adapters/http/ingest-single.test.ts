import { describe, expect, it } from 'vitest';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import { START } from '#testing/readings';
import { appUnderTest, NOW, post, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

const timestamp = new Date(START).toISOString();
const failingWriter = (error: Error) => ({ writer: { commit: () => Promise.reject(error) } });

describe('a single reading', () => {
  it('is stored once, and is a duplicate when it is sent again', async () => {
    const { app } = appUnderTest();

    const first = await post(app, sentVehicle());
    expect(first.status).toBe(201);
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(await first.json()).toEqual({ status: 'stored', kind: 'vehicle', id: 'EV-7', timestamp });

    const again = await post(app, sentVehicle({ other: 1 }));
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ status: 'duplicate', kind: 'vehicle', id: 'EV-7', timestamp });
  });

  it('that conflicts with a stored one is answered with the stored one', async () => {
    const { app, clock } = appUnderTest();
    await post(app, sentMeter());
    clock.advance(1000);

    const problem = await problemOf(await post(app, sentMeter({ voltage: 231 })), 409, 'conflict');

    expect(problem.stored).toEqual({
      meterId: 'M-7',
      kwhConsumedAc: 0.1,
      voltage: 230.1,
      timestamp,
      receivedAt: new Date(NOW).toISOString(),
    });
    expect((await post(app, sentMeter())).status).toBe(200);
  });

  it('that is invalid has every fault reported with its field', async () => {
    const { app } = appUnderTest();

    const sent = sentVehicle({ kwhDeliveredDc: -1, soc: 'x', batteryTemp: 999, timestamp: 'no' });
    const codes = ['out-of-range', 'not-a-number', 'out-of-range', 'invalid-timestamp'];
    const problem = await problemOf(await post(app, sent), 422, ...codes);

    expect(problem.errors.map(({ pointer }) => pointer)).toEqual([
      '/kwhDeliveredDc',
      '/soc',
      '/batteryTemp',
      '/timestamp',
    ]);
    expect(problem.detail).toBe('kwhDeliveredDc must be from 0 to 100 kWh; 3 more in errors.');
  });

  it('that is invalid has its only fault as the detail of the problem', async () => {
    const { app } = appUnderTest();
    const { detail } = await problemOf(await post(app, sentMeter({ voltage: undefined })), 422, 'missing-field');
    expect(detail).toBe('voltage is missing.');
    const wrapped = await problemOf(await post(app, { readings: [sentMeter()] }), 422, 'missing-device');
    expect(wrapped.detail).toMatch(/^The reading must have .*; to send several readings, post the array itself/);
  });

  it.each(['.', '..'])('has no device %s, which no URL could name', async (id) => {
    const { app } = appUnderTest();
    await problemOf(await post(app, sentMeter({ meterId: id })), 422, 'invalid-id');
    await problemOf(await post(app, sentVehicle({ vehicleId: id })), 422, 'invalid-id');
    expect((await post(app, sentMeter({ meterId: '...' }))).status).toBe(201);
    expect((await app.request('/v1/meters/.../live')).status).toBe(200);
  });

  it('with values within rounding of their bounds is stored at the bounds', async () => {
    const { app } = appUnderTest();
    expect((await post(app, sentVehicle({ kwhDeliveredDc: -4e-7, soc: 100.00000001 }))).status).toBe(201);
    expect(await (await app.request('/v1/vehicles/EV-7/live')).json()).toMatchObject({ kwhDeliveredDc: 0, soc: 100 });
    expect((await post(app, sentVehicle({ kwhDeliveredDc: 1e-7, soc: 100 }))).status).toBe(200);
  });

  it.each([
    ['{"vehicleId":"a","meterId":"b"}', 'ambiguous-device'],
    ['{}', 'missing-device'],
    ['42', 'missing-device'],
    ['null', 'missing-device'],
    ['"text"', 'missing-device'],
  ])('%s has a fault as a whole', async (body, code) => {
    const problem = await problemOf(await post(appUnderTest().app, body), 422, code);
    expect(problem.errors[0]?.pointer).toBe('');
  });

  it('with 1e309 as a value has a value that is not a number', async () => {
    const body = JSON.stringify(sentMeter()).replace('230.1', '1e309');
    const problem = await problemOf(await post(appUnderTest().app, body), 422, 'not-a-number');
    expect(problem.errors[0]?.pointer).toBe('/voltage');
  });

  it('has its time reported in UTC, however it was sent', async () => {
    const { app } = appUnderTest();
    for (const sent of ['2026-01-15T14:00:00+02:00', START]) {
      expect(await (await post(app, sentMeter({ timestamp: sent }))).json()).toMatchObject({ timestamp });
    }
  });

  it('is not affected by atomic and results', async () => {
    const { app } = appUnderTest();
    expect((await post(app, sentMeter(), { query: '?atomic=true&results=all' })).status).toBe(201);
    await problemOf(await post(app, sentMeter({ voltage: 1 }), { query: '?atomic=true' }), 409, 'conflict');
  });
});

describe('a writer that fails', () => {
  it('with a full queue is 503 with the time to wait, in whole seconds', async () => {
    const { app, log } = appUnderTest(failingWriter(new OverloadedError('50000 readings wait', 1.2)));
    const response = await post(app, sentMeter());
    expect(response.headers.get('retry-after')).toBe('2');
    expect((await problemOf(response, 503, 'overloaded')).detail).not.toContain('50000');
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([['info', 'request refused']]);
  });

  it('because the store does not answer is 503, also for a batch', async () => {
    const { app } = appUnderTest(failingWriter(new StoreUnavailableError('connect ECONNREFUSED 10.0.0.7')));
    for (const body of [sentMeter(), [sentMeter(), {}]]) {
      const response = await post(app, body);
      expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const problem = await problemOf(response, 503, 'store-unavailable');
      expect(JSON.stringify(problem)).not.toContain('ECONNREFUSED');
    }
  });

  it('is not called for invalid readings', async () => {
    const { app } = appUnderTest(failingWriter(new StoreUnavailableError('down')));
    await problemOf(await post(app, {}), 422, 'missing-device');
    expect((await post(app, [{}, {}])).status).toBe(422);
  });

  it('with an unexpected error is 500 without its message, which is logged', async () => {
    const { app, log } = appUnderTest(failingWriter(new TypeError('secret of the inside')));
    const response = await post(app, sentMeter(), { headers: { 'x-request-id': 'trace-1' } });
    const problem = await problemOf(response, 500, 'internal-error');
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(log.lines).toEqual([
      {
        level: 'error',
        message: 'request failed',
        fields: {
          requestId: 'trace-1',
          method: 'POST',
          path: '/v1/ingest',
          error: new TypeError('secret of the inside'),
        },
      },
    ]);
  });
});
