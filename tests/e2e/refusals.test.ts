import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { type StoreUnderTest, storesUnderTest } from './support/stores.ts';

const MIB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };

const now = new Date();
const meter = (change: object = {}) => ({
  meterId: 'M-7',
  kwhConsumedAc: 0.1,
  voltage: 230.1,
  timestamp: now.toISOString(),
  ...change,
});
const vehicle = (change: object = {}) => ({
  vehicleId: 'EV-7',
  kwhDeliveredDc: 0.08,
  soc: 50,
  batteryTemp: 25,
  timestamp: now.toISOString(),
  ...change,
});
const without = (reading: object, field: string) => ({ ...reading, [field]: undefined });

/** Bad readings: what is wrong, the reading as sent, and the code and field of the answer. */
const BAD_READINGS: readonly (readonly [name: string, reading: object | string, code: string, field: string])[] = [
  ['both ids', meter({ vehicleId: 'EV-7' }), 'ambiguous-device', ''],
  ['no id', without(meter(), 'meterId'), 'missing-device', ''],
  ['an empty id', meter({ meterId: '' }), 'invalid-id', '/meterId'],
  ['a number for an id', vehicle({ vehicleId: 7 }), 'invalid-id', '/vehicleId'],
  ['a missing field', without(vehicle(), 'soc'), 'missing-field', '/soc'],
  ['a string for a number', meter({ kwhConsumedAc: '0.1' }), 'not-a-number', '/kwhConsumedAc'],
  ['1e309', JSON.stringify(meter()).replace('230.1', '1e309'), 'not-a-number', '/voltage'],
  ['negative energy', vehicle({ kwhDeliveredDc: -0.000001 }), 'out-of-range', '/kwhDeliveredDc'],
  ['soc 101', vehicle({ soc: 101 }), 'out-of-range', '/soc'],
  ['30 February', meter({ timestamp: '2026-02-30T12:00:00Z' }), 'invalid-timestamp', '/timestamp'],
  ['epoch seconds', meter({ timestamp: 1_767_225_600 }), 'timestamp-in-seconds', '/timestamp'],
  ['a time without offset', meter({ timestamp: '2026-01-01T12:00:00' }), 'timestamp-without-offset', '/timestamp'],
  ['tomorrow', meter({ timestamp: new Date(now.getTime() + DAY).toISOString() }), 'timestamp-too-new', '/timestamp'],
  ['last year', meter({ timestamp: now.getTime() - 366 * DAY }), 'timestamp-too-old', '/timestamp'],
];

interface Problem {
  readonly errors: readonly { readonly code: string; readonly pointer: string }[];
}
interface BatchAnswer {
  readonly received: number;
  readonly stored: number;
  readonly rejected: number;
  readonly results: readonly { readonly index: number; readonly code: string; readonly pointer: string }[];
}

describe.each<StoreUnderTest>(storesUnderTest())('over a socket, the engine on $name', (under) => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await ServiceProcess.start(under.environment);
  });
  afterAll(async () => {
    await service.kill();
    await under.remove();
  });

  const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = JSON_TYPE) =>
    fetch(`${service.url}/v1/ingest`, { method: 'POST', headers, body, duplex: 'half' });
  const problem = async (response: Response) => {
    const { errors } = (await response.json()) as Problem;
    return { status: response.status, errors: errors.map(({ code, pointer }) => ({ code, pointer })) };
  };
  const fleet = async () => {
    const response = await fetch(`${service.url}/v1/analytics/fleet?window=30d`);
    return ((await response.json()) as { readings: { meter: number; vehicle: number } }).readings;
  };
  const text = (reading: object | string) => (typeof reading === 'string' ? reading : JSON.stringify(reading));

  it.each(BAD_READINGS)('refuses %s', async (_, reading, code, field) => {
    expect(await problem(await post(text(reading)))).toEqual({ status: 422, errors: [{ code, pointer: field }] });
  });

  it('reports every bad reading of a batch by its index and stores all the good ones', async () => {
    const before = await fleet();
    const good = BAD_READINGS.map((_, i) => meter({ timestamp: now.getTime() - i }));
    const lines = BAD_READINGS.flatMap(([, bad], i) => [text(good[i] ?? ''), text(bad)]);

    const response = await post(`[${lines.join(',')}]`);
    const { received, stored, rejected, results } = (await response.json()) as BatchAnswer;

    expect({ status: response.status, received, stored, rejected }).toEqual({
      status: 207,
      received: 2 * good.length,
      stored: good.length,
      rejected: good.length,
    });
    expect(results.map(({ index, code, pointer }) => ({ index, code, pointer }))).toEqual(
      BAD_READINGS.map(([, , code, field], i) => ({ index: 2 * i + 1, code, pointer: `/${2 * i + 1}${field}` })),
    );
    expect(await fleet()).toEqual({ ...before, meter: before.meter + good.length });
  });

  it('stores the four good lines of five when one is broken', async () => {
    const before = await fleet();
    const lines = [0, 1, 2, 3, 4].map((i) => JSON.stringify(vehicle({ timestamp: now.getTime() - i * 1000 })));
    lines[2] = (lines[2] ?? '').slice(0, 40);

    const response = await post(lines.join('\n'), NDJSON_TYPE);

    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject({
      stored: 4,
      rejected: 1,
      results: [{ index: 2, status: 'rejected', code: 'malformed-json', pointer: '/2' }],
    });
    expect(await fleet()).toEqual({ ...before, vehicle: before.vehicle + 4 });
  });

  it.each<[string, number, string, () => string, Record<string, string>]>([
    ['an empty array', 422, 'empty-batch', () => '[]', JSON_TYPE],
    ['5,001 readings', 413, 'batch-too-large', () => JSON.stringify(Array(5001).fill(meter())), JSON_TYPE],
    ['5,001 lines', 413, 'batch-too-large', () => `${JSON.stringify(meter())}\n`.repeat(5001), NDJSON_TYPE],
    ['a body of 9 MiB', 413, 'body-too-large', () => JSON.stringify(meter()).padEnd(9 * MIB), JSON_TYPE],
    ['half a reading', 400, 'malformed-json', () => JSON.stringify(meter()).slice(0, 30), JSON_TYPE],
    ['an unknown type', 415, 'unsupported-media-type', () => JSON.stringify(meter()), { 'content-type': 'text/csv' }],
    ['an unknown encoding', 415, 'unsupported-encoding', () => '{}', { ...JSON_TYPE, 'content-encoding': 'br' }],
    ['a body that is not gzip', 400, 'malformed-gzip', () => '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('refuses %s as a whole', async (_, status, code, body, headers) => {
    const before = await fleet();

    expect(await problem(await post(body(), headers))).toEqual({ status, errors: [{ code, pointer: '' }] });

    expect(await fleet()).toEqual(before);
  });

  it('refuses a gibibyte of zeros in a few mebibytes of gzip without buffering it', async () => {
    const before = service.memory().peak;
    const zeros = Buffer.alloc(4 * MIB);
    const gibibyte = Readable.from(Array(256).fill(zeros)).pipe(createGzip({ level: 1 }));

    const response = await post(Readable.toWeb(gibibyte) as ReadableStream, {
      ...JSON_TYPE,
      'content-encoding': 'gzip',
    });

    expect(await problem(response)).toEqual({ status: 413, errors: [{ code: 'body-too-large', pointer: '' }] });
    expect(service.memory().peak - before).toBeLessThan(64 * MIB);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});
