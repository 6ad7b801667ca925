import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { Retention } from '#application/ports/retention';
import { DAY } from '#domain/time/time';
import { readEnvironment } from '#infrastructure/environment';
import { HttpServer } from '#infrastructure/http-server';
import { type Service, startService } from '#infrastructure/service';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';

const config = { ...readEnvironment({ EIE_STORE: 'memory' }), port: 0 };
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

/** A memory store that records commits and its closing, and whose commits can be delayed. */
function watchedStore() {
  const store = createMemoryStore();
  const events: string[] = [];
  let letCommit = () => {};
  let held: Promise<void> | undefined;
  const watched: EngineStore = {
    ...store,
    writer: {
      commit: async (readings, options) => {
        events.push('commit');
        await held;
        const outcomes = await store.writer.commit(readings, options);
        events.push('committed');
        return outcomes;
      },
    },
    close: async () => {
      await store.close();
      events.push('closed');
    },
  };
  const hold = () => {
    held = new Promise((resolve) => {
      letCommit = resolve;
    });
  };
  return { store: watched, events, hold, release: () => letCommit() };
}

async function started(store: EngineStore): Promise<Service> {
  const service = await startService(config, { logger: silent, store, clock: new ManualClock(START) });
  onTestFinished(() => service.close());
  return service;
}

function post(service: Service): Promise<Response> {
  return fetch(`${service.url}/v1/ingest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      meterId: 'M-1',
      kwhConsumedAc: 0.1,
      voltage: 230,
      timestamp: new Date(START).toISOString(),
    }),
  });
}

describe('the service', () => {
  it('serves the given store on a free port', async () => {
    const { store } = watchedStore();
    const service = await started(store);

    expect((await post(service)).status).toBe(201);

    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(await store.hot.newest('meter', 'M-1')).toMatchObject({ voltage: 230 });
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });

  it('opens the configured store when none is given', async () => {
    const service = await startService(config, { logger: silent, clock: new ManualClock(START) });
    onTestFinished(() => service.close());

    expect((await post(service)).status).toBe(201);
    expect((await fetch(`${service.url}/v1/meters/M-1/live`)).status).toBe(200);
  });

  it('computes ages with the given clock', async () => {
    const service = await started(watchedStore().store);
    await post(service);

    const live = await (await fetch(`${service.url}/v1/meters/M-1/live`)).json();

    expect(live).toMatchObject({ ageSeconds: 0, stale: false });
  });

  it('closes the store, once, after it has stopped listening', async () => {
    const { store, events } = watchedStore();
    const service = await started(store);

    await Promise.all([service.close(), service.close()]);
    await service.close();

    expect(events).toEqual(['closed']);
    await expect(fetch(service.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('does not wait for clients that keep an idle connection open', async () => {
    const service = await started(watchedStore().store);
    await fetch(`${service.url}/health/live`); // fetch keeps its connection

    const begin = performance.now();
    await service.close();

    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  it('finishes and answers a commit in flight before it closes the store', async () => {
    const { store, events, hold, release } = watchedStore();
    const service = await started(store);
    hold();
    const answer = post(service);
    await expect.poll(() => events).toEqual(['commit']);

    const closed = service.close();
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow();
    expect(events).toEqual(['commit']);
    release();

    expect((await answer).status).toBe(201);
    await closed;
    expect(events).toEqual(['commit', 'committed', 'closed']);
  });

  it('gives up on a store that hangs, within 10 seconds', { timeout: 20_000 }, async () => {
    const { store, events, hold } = watchedStore();
    const service = await startService(config, { logger: silent, store, clock: new ManualClock(START) });
    hold();
    const answer = post(service).catch(() => undefined);
    await expect.poll(() => events).toEqual(['commit']);

    const begin = performance.now();
    await expect(service.close()).rejects.toThrow('the store has not closed within 2 s');

    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(await answer).toBeUndefined(); // cut off, not acknowledged
  });

  it('rejects on a Node that is too old, before it opens anything', async () => {
    const node = Object.getOwnPropertyDescriptor(process.versions, 'node') as PropertyDescriptor;
    onTestFinished(() => void Object.defineProperty(process.versions, 'node', node));
    Object.defineProperty(process.versions, 'node', { ...node, value: '20.20.2' });

    await expect(startService(config, { logger: silent })).rejects.toThrow('needs Node 26 or newer; this is 20.20.2');
  });

  it('closes the store again and rejects when the address is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { store, events } = watchedStore();

    await expect(startService({ ...config, port }, { logger: silent, store })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });

    expect(events).toEqual(['closed']);
  });

  it('reports that its store has failed for good, and serves until it is closed', async () => {
    const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
    const { store, events } = watchedStore();
    const service = await started({ ...store, failed });
    const reason = new Error('the thread has ended');

    fail(reason);

    expect(await service.failed).toBe(reason);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    await service.close();
    expect(events).toEqual(['closed']);
  });

  it('does not fail when it is closed', async () => {
    const service = await started(createMemoryStore());
    const failures: Error[] = [];
    void service.failed.then((failure) => failures.push(failure));

    await service.close();

    expect(failures).toEqual([]);
  });

  it('aborts background work when it is closed', async () => {
    const { store } = watchedStore();
    let dropping = false;
    const retention: Retention = {
      horizon: async () => undefined,
      moveBack: async () => {},
      dropBefore: async (before, signal) => {
        dropping = true;
        await (signal === undefined ? new Promise(() => {}) : once(signal, 'abort'));
        return before;
      },
    };
    const service = await startService(
      { ...config, retention: 90 * DAY },
      { logger: silent, store: { ...store, upkeep: { retention } } },
    );
    await expect.poll(() => dropping, { timeout: 10_000 }).toBe(true);

    const begin = performance.now();
    await service.close();

    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe('a client that stalls', () => {
  it.each([
    ['in the head', ''],
    ['in the body', 'Content-Length: 9\r\n\r\n{'],
  ])('%s is cut off at the timeout', async (_, rest) => {
    const server = await HttpServer.listen(async (request) => new Response(await request.text()), '127.0.0.1', 0, {
      requestTimeout: 500,
    });
    onTestFinished(() => server.close(0));
    const { hostname, port } = new URL(server.url);
    const begin = performance.now();
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.resume().write(`POST / HTTP/1.1\r\nHost: localhost\r\n${rest}`);

    await once(socket, 'close');

    expect(performance.now() - begin).toBeGreaterThan(400);
    expect(performance.now() - begin).toBeLessThan(3_000);
  });
});
