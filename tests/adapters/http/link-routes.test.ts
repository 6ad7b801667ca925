import { gzipSync } from 'node:zlib';
import type { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '#application/errors';
import { DAY, HOUR } from '#domain/time/time';
import { START } from '#testing/readings';
import { appUnderTest, BODY_LIMIT, problemOf } from './app-under-test.ts';

const iso = (time: number) => new Date(time).toISOString();
const sent = (change: Readonly<Record<string, unknown>> = {}) => ({
  meterId: 'M-7',
  vehicleId: 'EV-7',
  from: iso(START),
  to: null,
  ...change,
});
const shown = (change: Readonly<Record<string, unknown>> = {}) => {
  const link = sent(change);
  return { id: `${link.meterId}@${Date.parse(link.from)}`, ...link };
};

function request(
  app: Hono,
  method: string,
  path: string,
  body: unknown,
  contentType = 'application/json',
  headers = {},
) {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  return app.request(path, {
    method,
    headers: { 'content-type': contentType, ...headers },
    body: raw ? (body as string) : JSON.stringify(body),
  });
}
const postLink = (app: Hono, body: unknown, contentType?: string, query = '') =>
  request(app, 'POST', `/v1/links${query}`, body, contentType);
const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;

describe('a single link', () => {
  it('is stored and found at its Location', async () => {
    const { app } = appUnderTest();

    const response = await postLink(app, sent());

    expect(response.status).toBe(201);
    expect(await json(response)).toEqual(shown());
    const location = response.headers.get('location') ?? '';
    expect(await json(app.request(location))).toEqual(shown());
  });

  it('may have times with an offset or in milliseconds, far in the past or in the future', async () => {
    const { app } = appUnderTest();
    const link = await json(postLink(app, sent({ from: START - 4000 * DAY, to: '2031-01-01T02:00:00+02:00' })));
    expect(link).toMatchObject({ from: iso(START - 4000 * DAY), to: '2031-01-01T00:00:00.000Z' });
  });

  it('that overlaps with another link of its meter is refused with the existing link', async () => {
    const { app } = appUnderTest();
    await postLink(app, sent());

    const response = await postLink(app, sent({ vehicleId: 'EV-8', from: iso(START + HOUR) }));

    const problem = await problemOf(response, 409, 'link-overlap');
    expect(problem.link).toEqual(shown());
    expect(problem.detail).toContain('M-7 already feeds EV-7');
  });

  it('that is already stored is refused as an overlap with itself', async () => {
    const { app } = appUnderTest();
    await postLink(app, sent());
    const problem = await problemOf(await postLink(app, sent()), 409, 'link-overlap');
    expect(problem.link).toEqual(shown());
  });

  it.each<[string, unknown, string, string]>([
    ['no meter', sent({ meterId: undefined }), '/meterId', 'missing-field'],
    ['an invalid id', sent({ vehicleId: 'a b' }), '/vehicleId', 'invalid-id'],
    ['no start', sent({ from: undefined }), '/from', 'missing-field'],
    ['a start that is not a time', sent({ from: '2026-02-30T00:00:00Z' }), '/from', 'invalid-timestamp'],
    ['a start without an offset', sent({ from: '2026-02-03T00:00:00' }), '/from', 'timestamp-without-offset'],
    ['epoch seconds', sent({ to: 1_800_000_000 }), '/to', 'timestamp-in-seconds'],
    ['an end equal to its start', sent({ to: iso(START) }), '/to', 'empty-interval'],
    ['an end before its start', sent({ to: iso(START - 1) }), '/to', 'empty-interval'],
    ['a number', 7, '', 'missing-field'],
  ])('with %s is refused', async (_, body, pointer, code) => {
    const { errors } = await problemOf(await postLink(appUnderTest().app, body), 422, code);
    expect(errors[0]).toMatchObject({ pointer, code });
  });

  it('has all its faults reported', async () => {
    const problem = await problemOf(await postLink(appUnderTest().app, {}), 422, ...Array(3).fill('missing-field'));
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(['/meterId', '/vehicleId', '/from']);
  });

  it('can be ended, reopened and deleted', async () => {
    const { app } = appUnderTest();
    await postLink(app, sent());
    const path = `/v1/links/${shown().id}`;

    expect(await json(request(app, 'PATCH', path, { to: iso(START + DAY) }))).toEqual(shown({ to: iso(START + DAY) }));
    expect(await json(app.request(path))).toEqual(shown({ to: iso(START + DAY) }));
    expect(await json(request(app, 'PATCH', path, { to: null }))).toEqual(shown());
    const gone = await app.request(path, { method: 'DELETE' });
    expect({ status: gone.status, body: await gone.text() }).toEqual({ status: 204, body: '' });
    for (const method of ['GET', 'DELETE']) await problemOf(await app.request(path, { method }), 404, 'not-found');
    await problemOf(await request(app, 'PATCH', path, { to: null }), 404, 'not-found');
  });

  it('cannot be ended at an impossible time, into another link, or by a malformed change', async () => {
    const { app } = appUnderTest();
    await postLink(app, sent({ to: iso(START + DAY) }));
    await postLink(app, sent({ vehicleId: 'EV-8', from: iso(START + DAY) }));
    const path = `/v1/links/${shown().id}`;

    await problemOf(await request(app, 'PATCH', path, { to: iso(START) }), 422, 'empty-interval');
    await problemOf(await request(app, 'PATCH', path, { to: 'soon' }), 422, 'invalid-timestamp');
    await problemOf(await request(app, 'PATCH', path, {}), 422, 'missing-field');
    await problemOf(await request(app, 'PATCH', path, '{"to"'), 400, 'malformed-json');
    await problemOf(await request(app, 'PATCH', path, 'to', 'text/csv'), 415, 'unsupported-media-type');
    const overlap = await problemOf(await request(app, 'PATCH', path, { to: null }), 409, 'link-overlap');
    expect(overlap.link).toMatchObject({ vehicleId: 'EV-8' });
    expect(await json(app.request(path))).toEqual(shown({ to: iso(START + DAY) }));
  });
});

describe('a batch of links', () => {
  const CSV = `vehicleId,meterId,from,to,remark
EV-1,M-1,${iso(START)},,"a, b"
EV-2,M-2,${START},${START + DAY},
EV-1,M-1,${iso(START)},,again

EV-3,M-1,${iso(START + HOUR)},,overlaps
EV-3,,yesterday,,
EV-3,M-3,${iso(START)},,a,b
`;
  const report = {
    received: 6,
    stored: 2,
    duplicates: 1,
    conflicts: 1,
    rejected: 2,
    results: [
      {
        index: 3,
        status: 'conflict',
        code: 'link-overlap',
        pointer: '/3',
        detail: expect.stringContaining('M-1 already feeds EV-1'),
        link: { id: `M-1@${START}`, meterId: 'M-1', vehicleId: 'EV-1', from: iso(START), to: null },
      },
      expect.objectContaining({ index: 4, status: 'rejected', code: 'missing-field', pointer: '/4/meterId' }),
      expect.objectContaining({ index: 5, status: 'rejected', code: 'malformed-csv', pointer: '/5' }),
    ],
  };

  it('may be CSV, with a result for each row', async () => {
    const { app } = appUnderTest();
    const response = await postLink(app, CSV, 'text/csv; charset=utf-8');
    expect(response.status).toBe(207);
    expect(await json(response)).toEqual(report);
    expect(await json(app.request(`/v1/links/M-2@${START}`))).toMatchObject({ to: iso(START + DAY) });
  });

  it('may be CSV with different line ends', async () => {
    const rows = [1, 2, 3].map((n) => `M-${n},EV-${n},${iso(START)}`);
    const text = `meterId,vehicleId,from\r\n${rows.join('\n')}\r\n`;
    expect(await json(postLink(appUnderTest().app, text, 'text/csv'))).toMatchObject({ received: 3, stored: 3 });
  });

  it('may be compressed with gzip', async () => {
    const { app } = appUnderTest();
    const headers = { 'content-encoding': 'gzip' };
    expect(await json(request(app, 'POST', '/v1/links', gzipSync(CSV), 'text/csv', headers))).toEqual(report);
  });

  it('may be an array, which can be sent again', async () => {
    const { app } = appUnderTest();
    const links = [sent(), sent({ meterId: 'M-8' })];
    expect(await json(postLink(app, links))).toEqual({
      received: 2,
      stored: 2,
      duplicates: 0,
      conflicts: 0,
      rejected: 0,
      results: [],
    });
    const again = await postLink(app, links, undefined, '?results=all');
    expect(again.status).toBe(200);
    expect(await json(again)).toMatchObject({
      duplicates: 2,
      results: [{ index: 0, status: 'duplicate' }, { index: 1 }],
    });
  });

  it('may be lines, of which a malformed one is rejected alone', async () => {
    const { app } = appUnderTest();
    const response = await postLink(app, `${JSON.stringify(sent())}\n\n{"meterId"\n7\n`, 'application/x-ndjson');
    expect(response.status).toBe(207);
    expect(await json(response)).toMatchObject({
      received: 3,
      stored: 1,
      rejected: 2,
      results: [
        { index: 1, code: 'malformed-json' },
        { index: 2, code: 'missing-field' },
      ],
    });
  });

  it.each<[string, unknown, string, number, string]>([
    ['an empty array', [], 'application/json', 422, 'empty-batch'],
    ['a CSV with only a header', 'meterId,vehicleId,from,to\n', 'text/csv', 422, 'empty-batch'],
    ['a CSV without a header', 'M-1,EV-1,2026-01-01T00:00:00Z,\n', 'text/csv', 400, 'malformed-csv'],
    ['an empty CSV', '', 'text/csv', 400, 'malformed-csv'],
    ['a CSV with an unclosed quote', 'meterId,vehicleId,from,to\n"M', 'text/csv', 400, 'malformed-csv'],
    ['too many links', Array(5001).fill({}), 'application/json', 413, 'batch-too-large'],
    ['too many rows of CSV', `meterId,vehicleId,from\n${'a,b,c\n'.repeat(5001)}`, 'text/csv', 413, 'batch-too-large'],
    ['a body that is too large', ' '.repeat(BODY_LIMIT + 1), 'text/csv', 413, 'body-too-large'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
  ])('is refused as a whole if it is %s', async (_, body, contentType, status, code) => {
    await problemOf(await postLink(appUnderTest().app, body, contentType), status, code);
  });
});

describe('the list of links', () => {
  async function withLinks() {
    const { app } = appUnderTest();
    await postLink(app, [
      sent({ meterId: 'A', to: iso(START + DAY) }),
      sent({ meterId: 'A', from: iso(START + DAY), vehicleId: 'EV-8' }),
      sent({ meterId: 'B' }),
    ]);
    return app;
  }
  const ids = async (app: Hono, query: string) =>
    ((await json(app.request(`/v1/links?${query}`))).data as { id: string }[]).map(({ id }) => id);
  const [a, a2, b] = [`A@${START}`, `A@${START + DAY}`, `B@${START}`];

  it.each([
    ['', [a, a2, b]],
    ['meterId=A', [a, a2]],
    ['vehicleId=EV-7', [a, b]],
    [`at=${iso(START + DAY)}`, [a2, b]],
    [`at=${iso(START + HOUR)}&meterId=A`, [a]],
    ['vehicleId=nobody', []],
  ])('can be filtered by %j', async (query, expected) => {
    expect(await ids(await withLinks(), query)).toEqual(expected);
  });

  it('comes in pages', async () => {
    const app = await withLinks();
    const first = await json(app.request('/v1/links?limit=2'));
    expect(first.data).toHaveLength(2);
    const second = await json(app.request(`/v1/links?limit=2&cursor=${first.nextCursor}`));
    expect(second).toEqual({ data: [shown({ meterId: 'B' })], nextCursor: null });
  });

  it.each([
    ['meterId=a%20b', '/meterId'],
    ['at=now', '/at'],
    ['limit=0', '/limit'],
    ['cursor=x', '/cursor'],
    ['vehicleId=a&vehicleId=b', '/vehicleId'],
  ])('refuses %s with the name of the parameter', async (query, pointer) => {
    const { errors } = await problemOf(await appUnderTest().app.request(`/v1/links?${query}`), 400, 'invalid-query');
    expect(errors[0]?.pointer).toBe(pointer);
  });

  it('is 503 when the store is down', async () => {
    const down = () => Promise.reject(new StoreUnavailableError('down'));
    const links = { add: down, find: down, list: down, end: down, remove: down, during: down };
    const { app } = appUnderTest({ links });
    await problemOf(await app.request('/v1/links'), 503, 'store-unavailable');
    await problemOf(await postLink(app, sent()), 503, 'store-unavailable');
  });
});

describe('a linked vehicle', () => {
  it('is compared with the meters of its links, for as long as they were linked', async () => {
    const { app, clock } = appUnderTest();
    const at = (minute: number) => ({ timestamp: START + (minute + 0.5) * 60_000 });
    const readings = Array.from({ length: 60 }, (_, minute) => [
      { meterId: minute < 30 ? 'M-1' : 'M-2', kwhConsumedAc: 0.2, voltage: 230, ...at(minute) },
      { meterId: 'M-3', kwhConsumedAc: 5, voltage: 230, ...at(minute) },
      { vehicleId: 'EV-1', kwhDeliveredDc: 0.16, soc: 50, batteryTemp: 30, ...at(minute) },
    ]).flat();
    clock.set(START + HOUR);
    await request(app, 'POST', '/v1/ingest', readings);
    await postLink(app, [
      { meterId: 'M-1', vehicleId: 'EV-1', from: START - DAY, to: START + HOUR / 2 },
      { meterId: 'M-2', vehicleId: 'EV-1', from: START + HOUR / 2 },
    ]);

    const path = `/v1/analytics/performance/EV-1?from=${iso(START)}&to=${iso(START + HOUR)}`;
    expect(await json(app.request(path))).toEqual({
      vehicleId: 'EV-1',
      window: { from: iso(START), to: iso(START + HOUR) },
      acConsumedKwh: 12,
      dcDeliveredKwh: 9.6,
      lossKwh: 2.4,
      efficiency: 0.8,
      averageBatteryTemp: 30,
      acBasis: 'linked-meters',
      meters: ['M-1', 'M-2'],
      lossWarning: true,
      lossThreshold: 0.85,
      coverage: {
        vehicle: { readings: 60, expected: 60, ratio: 1 },
        meters: { readings: 60, expected: 60, ratio: 1 },
      },
      verdict: 'loss',
      reasons: [],
    });
  });
});
