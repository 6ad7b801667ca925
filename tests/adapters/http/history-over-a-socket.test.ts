import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, expect, it, vi } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import type { ColdStore } from '#application/ports/cold-store';
import { DAY } from '#domain/time/time';
import { aVehicleReading, START } from '#testing/readings';
import { appUnderTest } from './app-under-test.ts';

/** About 35 MB of lines: more than sockets and streams buffer. */
const READINGS = 250_000;
const PAGE = 2_000;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  vi.restoreAllMocks();
});

/** A service with one device, whose long history is generated page by page. */
async function serving({ failAt = Infinity } = {}) {
  vi.spyOn(console, 'error').mockImplementation(() => {}); // the server reports the interrupted stream
  const store = createMemoryStore();
  await store.writer.commit([aVehicleReading()]);
  const asked = { times: 0 };
  const cold = {
    history: async (_kind, _deviceId, _window, { after = START, limit }) => {
      if (++asked.times >= failAt) throw new StoreUnavailableError('gone');
      const left = Math.min(limit, READINGS - (after - START));
      return Array.from({ length: left }, (_, i) => aVehicleReading({ timestamp: after + 1 + i }));
    },
  } as Partial<ColdStore> as ColdStore;
  const { app, clock } = appUnderTest({ ...store, cold });
  clock.set(START + DAY);
  server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, base, url: `${base}/v1/vehicles/EV-1/history` };
}

async function asking(url: string): Promise<IncomingMessage> {
  const request = get(url, { headers: { accept: 'text/csv' }, agent: false }).on('error', () => {});
  const [response] = await once(request, 'response');
  return response as IncomingMessage;
}

/** Waits until the store is no longer queried; returns the number of queries. */
async function settled(asked: { times: number }): Promise<number> {
  for (let before = -1; before !== asked.times; ) {
    before = asked.times;
    await sleep(150);
  }
  return asked.times;
}

it('a long history arrives completely, with its trailer', async () => {
  const { url } = await serving();
  const text = await (await fetch(url, { headers: { accept: 'text/csv' } })).text();
  expect(text.slice(-30)).toContain(`# end, ${READINGS} readings\n`);
  expect(text.split('\n')).toHaveLength(READINGS + 3);
});

it('a client that stops reading stops the reading of the store, and blocks nothing else', async () => {
  const { url, base, asked } = await serving();
  const response = await asking(url);
  response.pause();

  const pages = await settled(asked);

  expect(pages).toBeLessThan(READINGS / PAGE / 2);
  expect((await fetch(`${base}/health/live`)).status).toBe(200);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  expect(bytes).toBeGreaterThan(READINGS * 50);
});

it('a client that disconnects stops the reading of the store', async () => {
  const { url, asked } = await serving();
  const response = await asking(url);
  await once(response, 'data');
  response.destroy();

  expect(await settled(asked)).toBeLessThan(READINGS / PAGE / 2);
});

it('a store that fails halfway breaks the connection, so that nothing looks complete', async () => {
  const { url } = await serving({ failAt: 20 });
  const response = await asking(url);
  let text = '';
  const read = async () => {
    for await (const chunk of response) text += chunk;
  };
  await expect(read()).rejects.toThrow('aborted');
  expect(response.complete).toBe(false);
  expect(text).not.toContain('# end');
  expect(text).not.toContain('Error');
});
