import { describe, expect, it } from 'vitest';
import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import type { ApiKey } from '#application/access/api-key';
import { SECOND } from '#domain/time/time';
import { aKey, bearer } from '#tests/support/api-keys';
import { appUnderTest, NOW, post, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

function appWithKeys(...keys: { readonly key: ApiKey }[]) {
  const ring = new KeyRing(keys.map(({ key }) => key));
  return { ...appUnderTest({}, { keys: ring }), ring };
}

const gateway = aKey({ name: 'gateway', scopes: ['ingest'] });
const dashboard = aKey({ name: 'dashboard', scopes: ['read'] });
const operator = aKey({ name: 'operator', scopes: ['admin'] });

describe('a request to an engine with keys', () => {
  const { app, log } = appWithKeys(gateway, dashboard, operator);
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => app.request(path, { headers });

  it('is refused without a key, with a challenge', async () => {
    const response = await post(app, sentMeter());

    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="energy-ingestion-engine"');
    const { detail } = await problemOf(response, 401, 'unauthorized');
    expect(detail).toContain('Authorization: Bearer');
  });

  it.each([
    ['that nobody has made', aKey().text],
    ['with a wrong secret', `${gateway.text.slice(0, -2)}${gateway.text.endsWith('AA') ? 'BB' : 'AA'}`],
    ['with something added', `${gateway.text}A`],
    ['that is none', 'secret'],
    ['that is empty', ''],
    ['that is the digest', gateway.key.sha256],
    ['that is the id', gateway.key.id],
  ])('is refused with a key %s', async (_, text) => {
    for (const headers of [bearer(text), { 'x-api-key': text }]) {
      const response = await get('/v1/links', headers);

      await problemOf(response, 401, 'unauthorized');
    }
  });

  it('is accepted with a key in either header', async () => {
    expect((await post(app, sentMeter(), { headers: bearer(gateway.text) })).status).toBe(201);
    expect((await post(app, sentMeter(), { headers: { 'x-api-key': gateway.text } })).status).toBe(200);
    expect((await post(app, sentMeter(), { headers: { authorization: `bearer  ${gateway.text}` } })).status).toBe(200);
  });

  it('may carry the key in X-API-Key when a proxy uses Authorization for itself', async () => {
    const headers = { authorization: 'Basic cHJveHk6c2VjcmV0', 'x-api-key': dashboard.text };
    expect((await get('/v1/links', headers)).status).toBe(200);
  });

  it.each(['api_key', 'key', 'access_token'])('is refused with the key in the URL, as %s', async (name) => {
    const { detail } = await problemOf(await get(`/v1/links?${name}=${dashboard.text}`), 401, 'unauthorized');

    expect(detail).toContain('not accepted in the URL');
    expect(JSON.stringify(log.lines)).not.toContain(dashboard.text);
  });

  it.each([
    ['GET', '/v1/meters/M-7/live', gateway],
    ['GET', '/v1/links', gateway],
    ['GET', '/v1/analytics/fleet', gateway],
    ['GET', '/metrics', gateway],
    ['POST', '/v1/ingest', dashboard],
    ['POST', '/v1/links', dashboard],
    ['DELETE', '/v1/links/M-7@0', dashboard],
    ['PATCH', '/v1/links/M-7@0', gateway],
    ['POST', '/v1/links', gateway],
    ['POST', '/v1/no-such-thing', dashboard],
  ])('is forbidden as %s %s with a key of another scope', async (method, path, { key, text }) => {
    const response = await app.request(path, {
      method,
      headers: bearer(text),
      ...(method !== 'GET' && { body: '{}' }),
    });

    const { detail } = await problemOf(response, 403, 'forbidden');
    expect(detail).toContain(key.name);
    expect(detail).toContain('scope');
  });

  it('may do everything with the scope admin', async () => {
    const headers = bearer(operator.text);
    expect((await post(app, sentVehicle(), { headers })).status).toBe(201);
    expect((await get('/v1/vehicles/EV-7/live', headers)).status).toBe(200);
    expect((await app.request('/v1/links/M-7@0', { method: 'DELETE', headers })).status).toBe(404);
  });

  it.each(['/', '/v1', '/health/live', '/health/ready'])('needs no key for %s', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it.each(['/no/such/thing', '/v1/ingest/', '/health/live/', '/health', '//health/live', '/health/../v1/links'])(
    'needs a key for %s, whatever is there',
    async (path) => {
      await problemOf(await get(path), 401, 'unauthorized');
    },
  );

  it('is refused before its body is read', async () => {
    const body = new ReadableStream({
      pull() {
        throw new Error('the body was read');
      },
    });
    const request = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } };

    await problemOf(await app.request('/v1/ingest', request as RequestInit), 401, 'unauthorized');
  });
});

describe('a key', () => {
  it('is refused from the moment it expires', async () => {
    const short = aKey({ expiresAt: NOW + 10 * SECOND });
    const { app, clock } = appWithKeys(short);
    clock.set(NOW + 10 * SECOND - 1);
    expect((await post(app, sentMeter(), { headers: bearer(short.text) })).status).toBe(201);
    clock.set(NOW + 10 * SECOND);

    const response = await post(app, sentMeter(), { headers: bearer(short.text) });

    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await problemOf(response, 401, 'unauthorized')).detail).toContain('expired');
  });

  it('is refused once it is revoked, while others stay', async () => {
    const { app, ring } = appWithKeys(gateway, dashboard);
    expect((await post(app, sentMeter(), { headers: bearer(gateway.text) })).status).toBe(201);

    ring.replace([dashboard.key]);

    await problemOf(await post(app, sentMeter(), { headers: bearer(gateway.text) }), 401, 'unauthorized');
    expect((await app.request('/v1/links', { headers: bearer(dashboard.text) })).status).toBe(200);
  });

  it('with device prefixes posts for its own devices only', async () => {
    const site = aKey({ devices: ['M-7', 'EV-'] });
    const { app } = appWithKeys(site, dashboard);
    const headers = bearer(site.text);

    expect((await post(app, sentMeter({ meterId: 'M-70' }), { headers })).status).toBe(201);
    const single = await post(app, sentMeter({ meterId: 'M-8' }), { headers });
    const { detail } = await problemOf(single, 403, 'forbidden');
    expect(detail).toContain('M-8');
    const batch = await post(app, [sentMeter({ meterId: 'M-8' }), sentVehicle()], { headers });

    expect(batch.status).toBe(207);
    expect(await batch.json()).toMatchObject({
      received: 2,
      stored: 1,
      rejected: 1,
      results: [{ index: 0, status: 'rejected', code: 'forbidden', pointer: '/0' }],
    });
    expect((await app.request('/v1/meters/M-8/live', { headers: bearer(dashboard.text) })).status).toBe(404);
  });

  it('with device prefixes withholds an atomic batch that has a foreign device', async () => {
    const site = aKey({ devices: ['EV-'] });
    const { app } = appWithKeys(site);

    const response = await post(app, [sentMeter(), sentVehicle()], {
      query: '?atomic=true',
      headers: bearer(site.text),
    });

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ stored: 0, rejected: 2 });
  });
});

describe('the log', () => {
  it('names the key of a refused request, of a rejected reading, and of those in the summary; never the secret', async () => {
    const { app, log, ingestLog } = appWithKeys(gateway, dashboard);
    await post(app, sentMeter({ voltage: 'x' }), { headers: bearer(gateway.text) });
    await post(app, sentMeter(), { headers: bearer(gateway.text) });
    await post(app, sentMeter(), { headers: bearer(dashboard.text) });
    ingestLog.flush();

    const lines = log.lines.map(({ message, fields }) => [message, fields.key ?? fields.readingsByKey, fields.code]);
    expect(lines).toEqual([
      ['reading rejected', 'gateway', undefined],
      ['request refused', 'dashboard', 'forbidden'],
      ['ingest summary', { gateway: 2 }, undefined],
    ]);
    for (const { text, key } of [gateway, dashboard]) {
      expect(JSON.stringify(log.lines)).not.toContain(text.slice(17));
      expect(JSON.stringify(log.lines)).not.toContain(key.sha256);
    }
  });
});
