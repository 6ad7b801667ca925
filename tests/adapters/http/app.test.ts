import { describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '#application/errors';
import { appUnderTest, post, problemOf, sentMeter } from './app-under-test.ts';

describe('a path without a route', () => {
  it.each([
    ['/nowhere'],
    ['/v1/nowhere'],
    ['/v1/ingest/'],
    ['/V1/ingest'],
    ['/v1/trucks/live'],
    ['/v1/analytics/nothing'],
  ])('%s is not found', async (path) => {
    await problemOf(await appUnderTest().app.request(path), 404, 'not-found');
  });

  it.each([
    ['GET', '/v1/ingest', 'POST'],
    ['PUT', '/v1/ingest', 'POST'],
    ['OPTIONS', '/v1/ingest', 'POST'],
    ['POST', '/v1/meters/live', 'GET, HEAD'],
    ['DELETE', '/v1/vehicles/EV-7/live', 'GET, HEAD'],
    ['POST', '/v1/analytics/fleet', 'GET, HEAD'],
    ['PATCH', '/health/live', 'GET, HEAD'],
  ])('%s %s is refused with the methods that are allowed', async (method, path, allow) => {
    const response = await appUnderTest().app.request(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    await problemOf(response, 405, 'method-not-allowed');
  });

  it('answers HEAD like GET, without the body', async () => {
    const response = await appUnderTest().app.request('/health/live', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('the id of a request', () => {
  const idOf = async (given?: string) => {
    const headers = given === undefined ? {} : { 'x-request-id': given };
    return (await appUnderTest().app.request('/health/live', { headers })).headers.get('x-request-id');
  };

  it('is the one that the client sent if it is well-formed', async () => {
    expect(await idOf('a.B_c:1-2')).toBe('a.B_c:1-2');
    expect(await idOf('x'.repeat(128))).toBe('x'.repeat(128));
  });

  it.each([['x'.repeat(129)], ['a b'], ['a"b'], ['<script>'], ['é']])('is generated instead of %j', async (given) => {
    expect(await idOf(given)).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('is generated for each request without one, and is in every response', async () => {
    const { app } = appUnderTest();
    const responses = await Promise.all([
      post(app, sentMeter()),
      post(app, [sentMeter()]),
      post(app, {}),
      post(app, '{'),
      app.request('/nowhere'),
      app.request('/v1/ingest'),
      app.request('/v1/meters/live'),
      app.request('/v1/analytics/fleet'),
      app.request('/v1/analytics/fleet?window=no'),
      app.request('/health/ready'),
    ]);
    const ids = responses.map(({ headers }) => headers.get('x-request-id'));
    expect(ids.every((id) => id !== null && id !== '')).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the request log', () => {
  it.each([
    ['/v1/analytics/fleet'],
    ['/v1/analytics/performance/EV-7'],
    ['/v1/analytics/losses'],
    ['/v1/warnings'],
    ['/v1/links'],
    ['/v1/links/M-7@1'],
    ['/v1/meters/M-7/history'],
    ['/v1/vehicles/EV-7/gaps'],
  ])('has one line for %s', async (path) => {
    const { app, log } = appUnderTest();
    const { status } = await app.request(path);
    expect(log.lines).toMatchObject([{ level: 'debug', message: 'request', fields: { method: 'GET', path, status } }]);
  });

  it.each([['/v1/meters/live'], ['/v1/meters/M-7/live'], ['/health/live']])('has no line for %s', async (path) => {
    const { app, log } = appUnderTest();
    await app.request(path);
    expect(log.lines).toEqual([]);
  });
});

describe('health', () => {
  it('is live as long as it responds, and ready while the store answers', async () => {
    const { app } = appUnderTest();
    expect(await (await app.request('/health/live')).json()).toEqual({ status: 'ok' });
    expect(await (await app.request('/health/ready')).json()).toEqual({ status: 'ready' });
  });

  it('is not ready while the store is down or the service is stopping, and reports why', async () => {
    const health = { check: () => Promise.reject(new StoreUnavailableError('no primary')) };
    const { app } = appUnderTest({ health }, { isStopping: () => true });

    const problem = await problemOf(await app.request('/health/ready'), 503, 'stopping', 'store-unavailable');

    expect(problem.reasons).toEqual([expect.stringContaining('shutting down'), 'no primary']);
    expect((await app.request('/health/live')).status).toBe(200);
  });

  it('does not reveal the message of an unexpected error', async () => {
    const { app } = appUnderTest({ health: { check: () => Promise.reject(new Error('password=1')) } });
    const problem = await problemOf(await app.request('/health/ready'), 503, 'store-unavailable');
    expect(JSON.stringify(problem)).not.toContain('password');
  });

  it('is not ready when the store does not answer in time', async () => {
    vi.useFakeTimers();
    try {
      const { app } = appUnderTest({ health: { check: () => new Promise(() => {}) } });
      const pending = app.request('/health/ready');
      await vi.advanceTimersByTimeAsync(2000);
      const problem = await problemOf(await pending, 503, 'store-unavailable');
      expect(problem.detail).toContain('within 2 s');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a query parameter that a resource does not have', () => {
  it.each([
    ['POST', '/v1/ingest', 'foo=1', 'use atomic or results'],
    ['GET', '/v1/meters/live', 'limit[$gt]=1', 'use cursor, limit, or stale'],
    ['GET', '/v1/meters/M-7/live', 'foo', 'there are none'],
    ['HEAD', '/v1/meters/M-7/live', 'foo', ''],
    ['GET', '/v1/vehicles/EV-7/history', 'sort=', 'use cursor, from, limit, to, or window'],
    ['GET', '/v1/vehicles/EV-7/gaps', 'form=now', '(did you mean from?)'],
    ['GET', '/v1/analytics/performance/EV-7', 'limit=1', 'use from, to, or window'],
    ['GET', '/v1/analytics/fleet', 'windows=1h', '(did you mean window?)'],
    ['GET', '/v1/analytics/losses', 'vehicleId=EV-2', 'use cursor, from, limit, to, or window'],
    ['GET', '/v1/warnings', 'State=open', '(did you mean state?)'],
    ['GET', '/v1/links', 'meter=M-7', '(did you mean meterId?)'],
    ['POST', '/v1/links', 'atomic=true', 'use results'],
    ['GET', '/v1/links/M-7@1', 'foo=1', 'there are none'],
    ['PATCH', '/v1/links/M-7@1', 'foo=1', 'there are none'],
    ['DELETE', '/v1/links/M-7@1', 'foo=1', 'there are none'],
  ])('is refused: %s %s?%s', async (method, path, query, hint) => {
    const response = await appUnderTest().app.request(`${path}?${query}`, { method });

    expect(response.status).toBe(400);
    if (method === 'HEAD') return;
    const [name = ''] = query.split('=');
    const { errors } = await problemOf(response, 400, 'invalid-query');
    expect(errors).toMatchObject([
      { pointer: `/${name}`, detail: `${name} is not a parameter here ${hint}`.replace(/ (?=use|there)/, '; ') },
    ]);
  });

  it('is refused in a stream of history if it is for pages only', async () => {
    const headers = { accept: 'text/csv' };
    const response = await appUnderTest().app.request('/v1/vehicles/EV-7/history?limit=1', { headers });

    await problemOf(response, 400, 'invalid-query');
  });

  it('is named together with others, up to ten', async () => {
    const query = Array.from({ length: 4_000 }, (_, index) => `x${index}`).join('&');
    const { errors } = await problemOf(
      await appUnderTest().app.request(`/v1/warnings?${query}&limit=0`),
      400,
      ...Array<string>(11).fill('invalid-query'),
    );

    expect(errors[0]?.pointer).toBe('/limit');
  });

  it('does no harm to the probe of a load balancer', async () => {
    const { app } = appUnderTest();
    for (const path of ['/health/live', '/health/ready']) expect((await app.request(`${path}?t=1`)).status).toBe(200);
  });
});
