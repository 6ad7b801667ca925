import { describe, expect, it } from 'vitest';
import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { ApiKey } from '#application/access/api-key';
import { OverloadedError } from '#application/errors';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { aKey, bearer } from '#tests/support/api-keys';
import { appUnderTest, NOW, post, problemOf, sentMeter } from './app-under-test.ts';

function appWithKeys(keys: readonly { readonly key: ApiKey }[], store = createMemoryStore()) {
  return appUnderTest(store, { keys: new KeyRing(keys.map(({ key }) => key)) });
}

/** Readings of one meter, each a minute older than the one before. */
const minutes = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => sentMeter({ timestamp: NOW - (from + n) * MINUTE }));

const statusOf = async (response: Promise<Response>) => (await response).status;

describe('a key with a limit of readings a minute', () => {
  const limited = aKey({ limits: { readingsPerMinute: 10 } });
  const other = aKey({ limits: { readingsPerMinute: 10 } });
  const headers = bearer(limited.text);

  it('is shown what is left, counted in readings', async () => {
    const { app } = appWithKeys([limited]);

    const response = await post(app, minutes(4), { headers });

    expect(response.status).toBe(200);
    expect(response.headers.get('ratelimit-policy')).toBe('"readings";q=10;w=60');
    expect(response.headers.get('ratelimit')).toBe('"readings";r=6;t=24');
  });

  it('gets 429 beyond it, which takes nothing and stores nothing, while another key is untouched', async () => {
    const store = createMemoryStore();
    const { app, clock } = appWithKeys([limited, other], store);
    expect(await statusOf(post(app, minutes(8), { headers }))).toBe(200);

    const refused = await post(app, minutes(3, 8), { headers });

    expect(refused.headers.get('retry-after')).toBe('6');
    expect(refused.headers.get('ratelimit')).toBe('"readings";r=2;t=48');
    const { detail } = await problemOf(refused, 429, 'rate-limited');
    expect(detail).toContain('10 readings a minute');
    const window = { from: NOW - HOUR, to: NOW + 1 };
    expect((await store.cold.fleetTotals(window)).meter.readings).toBe(8);
    expect(await statusOf(post(app, minutes(2, 8), { headers }))).toBe(200);
    expect(await statusOf(post(app, minutes(10, 10), { headers: bearer(other.text) }))).toBe(200);
    expect(await statusOf(post(app, 'not read', { headers }))).toBe(429);

    clock.advance(6 * SECOND);
    expect(await statusOf(post(app, minutes(1, 20), { headers }))).toBe(200);
    expect(await statusOf(post(app, minutes(1, 21)[0], { headers }))).toBe(429);
  });

  it('may send a batch larger than the limit when nothing was taken, and then waits for all of it', async () => {
    const { app, clock } = appWithKeys([limited]);

    expect(await statusOf(post(app, minutes(30), { headers }))).toBe(200);
    clock.advance(2 * MINUTE);
    expect(await statusOf(post(app, minutes(1, 30)[0], { headers }))).toBe(429);
    clock.advance(6 * SECOND);
    expect(await statusOf(post(app, minutes(1, 30)[0], { headers }))).toBe(201);
  });

  it('gets back what a request took that failed in the store', async () => {
    let fails = true;
    const store = createMemoryStore();
    const { commit } = store.writer;
    const writer = {
      commit: async (...args: Parameters<typeof commit>) => {
        if (fails) throw new OverloadedError('full');
        return commit.apply(store.writer, args);
      },
    };
    const { app } = appWithKeys([limited], { ...store, writer });
    for (let n = 0; n < 5; n++) expect(await statusOf(post(app, minutes(10), { headers }))).toBe(503);
    fails = false;

    expect(await statusOf(post(app, minutes(10), { headers }))).toBe(200);
  });
});

describe('a key with a limit of new devices an hour', () => {
  const limited = aKey({ limits: { newDevicesPerHour: 100 } });
  const headers = bearer(limited.text);
  const devices = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => sentMeter({ meterId: `M-${from + n}` }));

  it('adds that many of 10,000 new ids, and goes on with known devices', async () => {
    const store = createMemoryStore();
    const { app, clock } = appWithKeys([limited], store);

    const batches = [await post(app, devices(5_000), { headers }), await post(app, devices(5_000, 5_000), { headers })];

    const [first, second] = (await Promise.all(batches.map((response) => response.json()))) as { results: unknown[] }[];
    expect(first).toMatchObject({ received: 5_000, stored: 100, rejected: 4_900 });
    expect(first?.results[0]).toMatchObject({ index: 100, code: 'rate-limited', pointer: '/100' });
    expect(second).toMatchObject({ received: 5_000, stored: 0, rejected: 5_000 });
    expect((await store.hot.page('meter', { limit: 1_000 })).readings).toHaveLength(100);

    const known = devices(100).map((reading) => ({ ...reading, timestamp: NOW }));
    expect(await (await post(app, known, { headers })).json()).toMatchObject({ stored: 100 });
    const single = await post(app, devices(1, 9_000)[0], { headers });
    expect(single.headers.get('retry-after')).toBe('36');
    await problemOf(single, 429, 'rate-limited');
    clock.advance(36 * SECOND);
    expect(await statusOf(post(app, devices(1, 9_000)[0], { headers }))).toBe(201);
    expect(await statusOf(post(app, devices(1, 9_001)[0], { headers }))).toBe(429);
  });

  it('does not count devices that another key, or an earlier process, has added', async () => {
    const store = createMemoryStore();
    const open = aKey();
    const before = appWithKeys([open], store);
    expect(await statusOf(post(before.app, devices(3_000), { headers: bearer(open.text) }))).toBe(200);

    const { app } = appWithKeys([limited], store);

    const again = devices(3_000).map((reading) => ({ ...reading, timestamp: NOW }));
    expect(await (await post(app, [...again, ...devices(100, 3_000)], { headers })).json()).toMatchObject({
      stored: 3_100,
    });
  });

  it('counts a device once, however many of its readings come at once', async () => {
    const { app } = appWithKeys([limited]);
    const response = await post(app, minutes(50), { headers });
    expect(await response.json()).toMatchObject({ stored: 50 });
    expect(await (await post(app, devices(100, 500), { headers })).json()).toMatchObject({ stored: 99, rejected: 1 });
  });
});

describe('a key with a limit of concurrent requests', () => {
  it('gets 429 beyond it, and is served again when an earlier one is answered', async () => {
    const limited = aKey({ limits: { concurrentRequests: 2 } });
    const other = aKey();
    const store = createMemoryStore();
    const released = Promise.withResolvers<void>();
    const writer: typeof store.writer = {
      commit: async (readings, options) => {
        await released.promise;
        return store.writer.commit(readings, options);
      },
    };
    const { app } = appWithKeys([limited, other], { ...store, writer });
    const headers = bearer(limited.text);
    const waiting = minutes(2).map((reading) => statusOf(post(app, reading, { headers })));

    const refused = await post(app, minutes(1, 2)[0], { headers });
    const untouched = statusOf(post(app, minutes(1, 3)[0], { headers: bearer(other.text) }));

    expect(refused.headers.get('retry-after')).toBe('1');
    await problemOf(refused, 429, 'rate-limited');
    released.resolve();
    expect(await Promise.all([...waiting, untouched])).toEqual([201, 201, 201]);
    expect(await statusOf(post(app, minutes(1, 2)[0], { headers }))).toBe(201);
  });
});
