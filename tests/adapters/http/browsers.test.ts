import { describe, expect, it } from 'vitest';
import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import { aKey, bearer } from '#tests/support/api-keys';
import { appUnderTest, post, problemOf, sentMeter } from './app-under-test.ts';

const ORIGIN = 'https://dashboard.example';
const preflight = {
  method: 'OPTIONS',
  headers: {
    origin: ORIGIN,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
};

describe('an answer to a browser', () => {
  it.each(['/health/live', '/v1/links', '/metrics', '/no/such/thing'])(
    'of %s has security headers, whatever it is',
    async (path) => {
      const { headers } = await appUnderTest().app.request(path);

      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.has('x-request-id')).toBe(true);
    },
  );
});

describe('a page of another origin', () => {
  it('may read nothing by default', async () => {
    const { app } = appUnderTest();

    const answer = await app.request('/v1/links', { headers: { origin: ORIGIN } });
    const asked = await app.request('/v1/ingest', preflight);

    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    expect(asked.headers.has('access-control-allow-origin')).toBe(false);
    await problemOf(asked, 405, 'method-not-allowed');
  });

  it('may read if its origin is configured, and a preflight request needs no key', async () => {
    const reader = aKey({ scopes: ['read'] });
    const { app } = appUnderTest({}, { corsOrigins: [ORIGIN], keys: new KeyRing([reader.key]) });

    const asked = await app.request('/v1/ingest', preflight);
    const answer = await app.request('/v1/links', { headers: { origin: ORIGIN, ...bearer(reader.text) } });
    const refused = await app.request('/v1/links', { headers: { origin: ORIGIN } });

    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(asked.headers.get('access-control-allow-methods')).toContain('POST');
    expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit');
    expect(answer.headers.get('vary')).toContain('Origin');
    await problemOf(refused, 401, 'unauthorized');
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  it('may not read if another origin is configured', async () => {
    const { app } = appUnderTest({}, { corsOrigins: ['https://other.example'] });

    const asked = await app.request('/v1/ingest', preflight);
    const answer = await app.request('/v1/links', { headers: { origin: ORIGIN } });

    for (const { headers } of [asked, answer]) expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  it('may read from anywhere with "*"', async () => {
    const { app } = appUnderTest({}, { corsOrigins: ['*'] });

    expect(
      (await app.request('/v1/links', { headers: { origin: ORIGIN } })).headers.get('access-control-allow-origin'),
    ).toBe('*');
  });

  it('may post only if its origin is configured, as a device may that names no origin', async () => {
    const { app } = appUnderTest({}, { corsOrigins: [ORIGIN] });

    const response = await post(app, sentMeter(), { headers: { origin: ORIGIN } });

    expect(response.status).toBe(201);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });
});
