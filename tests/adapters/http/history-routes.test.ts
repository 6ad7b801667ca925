import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import type { ColdStore } from '#application/ports/cold-store';
import { HOUR, MINUTE } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { type AppUnderTest, appUnderTest, post, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

const iso = (time: number) => new Date(time).toISOString();
const ndjson = { accept: 'application/x-ndjson' };
const csv = { accept: 'text/csv' };

async function withMinutes(...minutes: number[]): Promise<AppUnderTest> {
  const under = appUnderTest();
  under.clock.set(START + HOUR + 30_000);
  await post(
    under.app,
    minutes.map((n) => sentVehicle({ timestamp: START + n * MINUTE, kwhDeliveredDc: n / 1000 })),
  );
  return under;
}
const row = (n: number) => ({
  timestamp: iso(START + n * MINUTE),
  kwhDeliveredDc: n / 1000,
  soc: 50,
  batteryTemp: 25,
  receivedAt: iso(START + HOUR + 30_000),
});
const json = async ({ app }: AppUnderTest, path: string) => {
  const response = await app.request(path);
  expect(response.status).toBe(200);
  return (await response.json()) as { data: unknown[]; nextCursor: string | null; [member: string]: unknown };
};
const path = '/v1/vehicles/EV-7/history';

describe('a history in pages', () => {
  it('contains the readings of the window, oldest first', async () => {
    const under = await withMinutes(3, 1, 2);
    expect(await json(under, path)).toEqual({ data: [row(1), row(2), row(3)], nextCursor: null });
    const window = `from=${iso(START + 2 * MINUTE)}&to=${iso(START + 3 * MINUTE)}`;
    expect(await json(under, `${path}?${window}`)).toEqual({ data: [row(2)], nextCursor: null });
  });

  it('continues where the previous page ended', async () => {
    const under = await withMinutes(1, 2, 3, 4, 5);
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await json(under, `${path}?limit=2&cursor=${cursor}`);
      seen.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map(row));
  });

  it('has the fields of a meter for a meter', async () => {
    const under = appUnderTest();
    await post(under.app, sentMeter());
    expect((await json(under, '/v1/meters/M-7/history')).data).toEqual([
      { timestamp: iso(START), kwhConsumedAc: 0.1, voltage: 230.1, receivedAt: iso(START + 30_000) },
    ]);
  });

  it('is empty for a known device, and not found for one never seen', async () => {
    const { app } = await withMinutes(1);
    const past = `to=${iso(START - HOUR)}`;
    expect(await (await app.request(`${path}?${past}`)).json()).toEqual({ data: [], nextCursor: null });
    for (const headers of [{}, ndjson, csv]) {
      await problemOf(await app.request('/v1/vehicles/nobody/history', { headers }), 404, 'not-found');
      await problemOf(await app.request('/v1/vehicles/a%20b/history', { headers }), 404, 'not-found');
    }
  });

  it.each([
    ['limit=1001', '/limit'],
    ['cursor=x', '/cursor'],
    [`cursor=${Buffer.from('1:soon').toString('base64url')}`, '/cursor'],
    ['window=1', '/window'],
  ])('refuses %s with the name of the parameter', async (query, pointer) => {
    const { errors } = await problemOf(await appUnderTest().app.request(`${path}?${query}`), 400, 'invalid-query');
    expect(errors[0]?.pointer).toBe(pointer);
  });
});

describe('a history as a stream', () => {
  it('is lines of JSON that end with their number', async () => {
    const { app } = await withMinutes(1, 2);
    const response = await app.request(path, { headers: ndjson });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect((await response.text()).split('\n')).toEqual([
      JSON.stringify(row(1)),
      JSON.stringify(row(2)),
      '{"end":true,"readings":2}',
      '',
    ]);
  });

  it('is CSV with a header and a trailer', async () => {
    const { app } = await withMinutes(1, 2);
    const response = await app.request(path, { headers: csv });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const received = iso(START + HOUR + 30_000);
    expect(await response.text()).toBe(
      `timestamp,kwhDeliveredDc,soc,batteryTemp,receivedAt\n` +
        `${iso(START + MINUTE)},0.001,50,25,${received}\n${iso(START + 2 * MINUTE)},0.002,50,25,${received}\n` +
        `# end, 2 readings\n`,
    );
  });

  it('without readings has its header and trailer', async () => {
    const { app } = await withMinutes(1);
    const empty = `${path}?to=${iso(START - HOUR)}`;
    expect(await (await app.request(empty, { headers: csv })).text()).toMatch(/^timestamp,.*\n# end, 0 readings\n$/);
    expect(await (await app.request(empty, { headers: ndjson })).text()).toBe('{"end":true,"readings":0}\n');
  });

  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
    ['application/json, text/csv;q=0.9', 'application/json'],
    ['application/json;q=0.5, text/csv;q=0.9', 'text/csv; charset=utf-8'],
    ['text/csv;q=0, application/x-ndjson;q=0.1', 'application/x-ndjson'],
    ['TEXT/CSV', 'text/csv; charset=utf-8'],
  ])('is chosen by the Accept header %s', async (accept, contentType) => {
    const { app } = await withMinutes(1);
    const response = await app.request(path, accept === undefined ? {} : { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('vary')).toBe('Accept');
  });

  /** A store that counts the queries for its history, and fails from the given one on. */
  async function watched(readings: number, failAt = Infinity) {
    const store = createMemoryStore();
    await store.writer.commit(
      Array.from({ length: readings }, (_, i) => aVehicleReading({ deviceId: 'EV-7', timestamp: START - i })),
    );
    const asked = { times: 0 };
    const cold = {
      history: (...query: Parameters<ColdStore['history']>) =>
        ++asked.times >= failAt ? Promise.reject(new StoreUnavailableError('gone')) : store.cold.history(...query),
    } as ColdStore;
    return { ...appUnderTest({ ...store, cold }), asked };
  }

  it('of many pages is complete', async () => {
    const { app, asked } = await watched(5_000);
    const lines = (await (await app.request(path, { headers: ndjson })).text()).trimEnd().split('\n');
    expect(lines).toHaveLength(5_001);
    expect(lines.at(-1)).toBe('{"end":true,"readings":5000}');
    expect(new Set(lines).size).toBe(5_001);
    expect(asked.times).toBe(3);
  });

  it('reads nothing ahead of a client that does not read, and nothing more after it disconnects', async () => {
    const { app, asked } = await watched(10_000);
    const reader = (await app.request(path, { headers: csv })).body?.getReader();
    await reader?.read();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked.times).toBe(2);

    await reader?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked.times).toBe(2);
  });

  it('whose first page cannot be read is 503', async () => {
    const { app } = await watched(10, 1);
    await problemOf(await app.request(path, { headers: csv }), 503, 'store-unavailable');
  });

  it('whose later page cannot be read breaks off without a trailer', async () => {
    const { app, log } = await watched(5_000, 3);
    const reader = (await app.request(path, { headers: csv })).body?.getReader();
    let text = '';
    const read = async () => {
      for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
        text += new TextDecoder().decode(chunk.value);
      }
    };
    await expect(read()).rejects.toThrow('gone');
    expect(text.trimEnd().split('\n')).toHaveLength(4_001);
    expect(text).not.toContain('# end');
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'history stream interrupted' }));
  });
});

describe('gaps', () => {
  const gapsPath = '/v1/vehicles/EV-7/gaps';
  const gap = (from: number, to: number) => ({
    from: iso(START + from * MINUTE),
    to: iso(START + to * MINUTE),
    missing: to - from,
  });

  it('are the minutes without a reading, up to the current minute', async () => {
    const under = await withMinutes(0, 1, 4, 58);
    expect(await json(under, `${gapsPath}?from=${iso(START)}`)).toEqual({
      window: { from: iso(START), to: iso(START + HOUR) },
      intervalSeconds: 60,
      data: [gap(2, 4), gap(5, 58), gap(59, 60)],
      nextCursor: null,
    });
  });

  it('come in pages', async () => {
    const under = await withMinutes(1, 4, 58);
    const query = `${gapsPath}?limit=2&from=${iso(START)}`;
    const first = await json(under, query);
    const second = await json(under, `${query}&cursor=${first.nextCursor}`);
    expect([first.data, second.data]).toEqual([
      [gap(0, 1), gap(2, 4)],
      [gap(5, 58), gap(59, 60)],
    ]);
    expect(second.nextCursor).toBeNull();
  });

  it('are found in a history of any length', async () => {
    const store = createMemoryStore();
    const minutes = Array.from({ length: 6_000 }, (_, minute) => minute).filter((minute) => minute !== 5_500);
    await store.writer.commit(
      minutes.map((minute) => aVehicleReading({ deviceId: 'EV-7', timestamp: START + minute * MINUTE })),
    );
    const under = appUnderTest(store);
    under.clock.set(START + 6_000 * MINUTE);
    expect((await json(under, `${gapsPath}?from=${iso(START)}`)).data).toEqual([gap(5_500, 5_501)]);
  });

  it('do not exist in the future', async () => {
    const under = await withMinutes(1);
    const future = `from=${iso(START + 2 * HOUR)}&to=${iso(START + 3 * HOUR)}`;
    expect((await json(under, `${gapsPath}?${future}`)).data).toEqual([]);
  });

  it('of a device never seen are not found', async () => {
    await problemOf(await appUnderTest().app.request('/v1/meters/nobody/gaps'), 404, 'not-found');
  });
});

describe('a window that reaches past the horizon', () => {
  it.each([
    ['/v1/vehicles/EV-7/history', true],
    ['/v1/vehicles/EV-7/gaps', true],
    ['/v1/analytics/performance/EV-7', true],
    ['/v1/analytics/fleet', true],
    ['/v1/analytics/losses', true],
    ['/v1/analytics/fleet?window=1h', false],
    ['/v1/analytics/losses?window=1h', false],
  ])('is reported with it: %s, %s', async (path, isReported) => {
    const store = createMemoryStore();
    const under = appUnderTest(store);
    under.clock.set(START + HOUR + MINUTE);
    await post(under.app, sentVehicle());
    await store.upkeep.retention.dropBefore(START - HOUR);

    const { horizon } = await json(under, path);

    expect(horizon).toBe(isReported ? iso(START - HOUR) : undefined);
  });

  it('is reported in a header of a stream, and has no gaps before the horizon', async () => {
    const store = createMemoryStore();
    const under = appUnderTest(store);
    await post(under.app, sentVehicle());
    await store.upkeep.retention.dropBefore(START - HOUR);
    const response = await under.app.request(path, { headers: csv });
    expect(response.headers.get('horizon')).toBe(iso(START - HOUR));
    const { data } = await json(under, '/v1/vehicles/EV-7/gaps');
    expect(data).toEqual([{ from: iso(START - HOUR), to: iso(START), missing: 60 }]);
  });
});
