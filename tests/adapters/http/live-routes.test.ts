import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import { MAX_AHEAD } from '#domain/reading/live-state';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { appUnderTest, NOW, post, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

interface Page {
  data: Record<string, unknown>[];
  nextCursor: string | null;
}

describe('the live state of a device', () => {
  it('is its newest reading with the field names of its stream, and its age', async () => {
    const { app, clock } = appUnderTest();
    await post(app, [sentVehicle(), sentVehicle({ timestamp: START - MINUTE, soc: 1 })]);
    clock.advance(90_000);

    const response = await app.request('/v1/vehicles/EV-7/live');

    expect(response.status).toBe(200);
    expect(await response.text()).toBe(
      JSON.stringify({
        vehicleId: 'EV-7',
        kwhDeliveredDc: 0.08,
        soc: 50,
        batteryTemp: 25,
        timestamp: new Date(START).toISOString(),
        receivedAt: new Date(NOW).toISOString(),
        ageSeconds: 120,
        stale: false,
      }),
    );
  });

  it('is stale when it is older than three minutes', async () => {
    const { app, clock } = appUnderTest();
    await post(app, sentMeter());
    clock.set(START + 3 * MINUTE);
    expect(await (await app.request('/v1/meters/M-7/live')).json()).toMatchObject({ ageSeconds: 180, stale: false });
    clock.advance(1);
    expect(await (await app.request('/v1/meters/M-7/live')).json()).toMatchObject({ meterId: 'M-7', stale: true });
  });

  it.each([
    ['/v1/meters/EV-7/live'],
    ['/v1/vehicles/nobody/live'],
    ['/v1/vehicles/a%20b/live'],
    ['/v1/vehicles/%E0%A4%A/live'],
    [`/v1/vehicles/${'x'.repeat(129)}/live`],
  ])('%s is not found', async (path) => {
    const { app } = appUnderTest();
    await post(app, sentVehicle());
    await problemOf(await app.request(path), 404, 'not-found');
  });

  it('is not found for an invalid id, without a query to the store', async () => {
    const down = () => Promise.reject(new StoreUnavailableError('down'));
    const { app } = appUnderTest({
      hot: { newest: down, knows: down, page: down },
      cold: {
        history: down,
        deviceTotals: down,
        seriesByDevice: down,
        totalsByDevice: down,
        fleetTotals: down,
        fleetHours: down,
      },
    });
    await problemOf(await app.request('/v1/vehicles/a%20b/live'), 404, 'not-found');
    await problemOf(await app.request('/v1/analytics/performance/a%20b'), 404, 'not-found');
  });

  it('is found for ids with every allowed character', async () => {
    const { app } = appUnderTest();
    await post(app, sentVehicle({ vehicleId: 'a.b:c_d-E' }));
    expect((await app.request('/v1/vehicles/a.b:c_d-E/live')).status).toBe(200);
    expect((await app.request('/v1/vehicles/a.b%3Ac_d-E/live')).status).toBe(200);
  });

  it('is 503 while the store does not answer', async () => {
    const newest = () => Promise.reject(new StoreUnavailableError('down'));
    const { app } = appUnderTest({ hot: { newest, knows: newest, page: newest } });
    for (const path of ['/v1/meters/M-7/live', '/v1/meters/live']) {
      const response = await app.request(path);
      expect(response.headers.has('retry-after')).toBe(true);
      await problemOf(response, 503, 'store-unavailable');
    }
  });
});

describe('live pages', () => {
  const ids = Array.from({ length: 7 }, (_, i) => `M-${i}`);
  async function appWithMeters() {
    const under = appUnderTest();
    const sent = ids.map((meterId, i) => sentMeter({ meterId, timestamp: START - i * MINUTE }));
    await post(under.app, [...sent, sentVehicle()]);
    return under;
  }

  it('show each device of the stream once, page by page', async () => {
    const { app } = await appWithMeters();
    const seen: unknown[] = [];
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const response = await app.request(`/v1/meters/live?limit=3&cursor=${encodeURIComponent(cursor)}`);
      const page = (await response.json()) as Page;
      seen.push(...page.data.map(({ meterId }) => meterId));
      sizes.push(page.data.length);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('show only the stale devices on request', async () => {
    const { app } = await appWithMeters();
    const stale = (await (await app.request('/v1/meters/live?stale=true')).json()) as Page;
    expect(stale.data.map(({ meterId }) => meterId)).toEqual(['M-3', 'M-4', 'M-5', 'M-6']);
    expect(stale.data.every((device) => device.stale)).toBe(true);
    const others = (await (await app.request('/v1/meters/live?stale=false')).json()) as Page;
    expect(others.data.map(({ meterId }) => meterId)).toEqual(['M-0', 'M-1', 'M-2']);
    expect(others.data.some((device) => device.stale)).toBe(false);
    const all = (await (await app.request('/v1/meters/live')).json()) as Page;
    expect(all.data).toHaveLength(7);
    expect(all.nextCursor).toBeNull();
  });

  it('count a device as stale that is further ahead of the clock than ingestion accepts', async () => {
    const { app, clock } = await appWithMeters();
    clock.set(START - MAX_AHEAD - 1);
    const page = async (query: string) => (await (await app.request(`/v1/meters/live?${query}`)).json()) as Page;

    const ahead = { meterId: 'M-0', ageSeconds: null, stale: true };
    expect(await page('stale=true')).toMatchObject({ data: [ahead], nextCursor: null });
    expect((await page('stale=false')).data[0]).toMatchObject({ meterId: 'M-1', ageSeconds: 0, stale: false });
  });

  it('end early when hardly any device passes, and say where to go on', async () => {
    const { app, clock } = appUnderTest();
    const fleet = Array.from({ length: 5_001 }, (_, i) => sentMeter({ meterId: `M-${10_000 + i}` }));
    for (const part of [fleet.slice(0, 5_000), fleet.slice(5_000)]) await post(app, part);
    clock.advance(3 * MINUTE);
    await post(app, sentMeter({ meterId: 'M-9', timestamp: START + 2 * MINUTE }));

    const first = (await (await app.request('/v1/meters/live?stale=false&limit=1')).json()) as Page;
    expect(first).toEqual({ data: [], nextCursor: expect.any(String) });
    const second = await app.request(`/v1/meters/live?stale=false&limit=1&cursor=${first.nextCursor}`);
    expect(await second.json()).toMatchObject({ data: [{ meterId: 'M-9' }], nextCursor: null });
  });

  it('are empty before anything is stored', async () => {
    expect(await (await appUnderTest().app.request('/v1/vehicles/live')).json()).toEqual({
      data: [],
      nextCursor: null,
    });
  });

  it.each([
    ['limit=0'],
    ['limit=1001'],
    ['limit=-1'],
    ['limit=1.5'],
    ['limit=1e2'],
    ['limit='],
    ['limit=1&limit=2'],
    ['cursor=M-1'],
    ['cursor=%00'],
    ['cursor=MTpNLTE%3D'],
    ['stale=yes'],
  ])('refuse %s with the name of the parameter', async (query) => {
    const { app } = await appWithMeters();
    const problem = await problemOf(await app.request(`/v1/meters/live?${query}`), 400, 'invalid-query');
    expect(problem.errors[0]?.pointer).toBe(`/${query.split('=')[0]}`);
  });

  it('list devices whose stored ids are no longer accepted', async () => {
    const store = createMemoryStore();
    await store.writer.commit(['.', '..', 'M-1'].map((deviceId) => aMeterReading({ deviceId })));
    const { app } = appUnderTest(store);
    const first = (await (await app.request('/v1/meters/live?limit=1')).json()) as Page;
    expect(first.data).toMatchObject([{ meterId: '.' }]);
    const rest = (await (await app.request(`/v1/meters/live?cursor=${first.nextCursor}`)).json()) as Page;
    expect(rest.data).toMatchObject([{ meterId: '..' }, { meterId: 'M-1' }]);
  });

  it('accept a limit from 1 to 1,000', async () => {
    const { app } = await appWithMeters();
    for (const query of ['limit=1', 'limit=1000', 'limit=0010']) {
      expect((await app.request(`/v1/meters/live?${query}`)).status).toBe(200);
    }
  });
});
