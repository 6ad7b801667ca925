import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { getRequestListener } from '@hono/node-server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { GateLimits } from '#adapters/inbound/http/wire/admission/gate-limits';
import { type AppUnderTest, appUnderTest, sentMeter } from './app-under-test.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const text = JSON.stringify(sentMeter());
const LINK = JSON.stringify({ meterId: 'M-1', vehicleId: 'EV-1', from: '2026-01-01T00:00:00Z' });

/** The app behind sockets, as the engine listens. */
async function listening(gateLimits: Partial<GateLimits> = {}) {
  const under: AppUnderTest = appUnderTest({}, { gateLimits });
  const server = createServer(getRequestListener(under.app.fetch, { autoCleanupIncoming: false }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const post = async (body: string, path = '/v1/ingest', method = 'POST') => {
    const url = `http://127.0.0.1:${port}${path}`;
    return (await fetch(url, { method, headers: { 'content-type': 'application/json' }, body })).status;
  };
  return { under, port, post };
}

/** A client that sends a request's head and as much of its body as given, and goes on sending when told to. */
class Sender {
  readonly socket: Socket;
  received = '';
  isClosed = false;

  constructor(port: number, declared: string, body: string | Buffer = '', request = 'POST /v1/ingest') {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8').on('data', (data) => {
      this.received += data;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.write(
      `${request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${declared}\r\n\r\n`,
    );
    this.socket.write(body);
    onTestFinished(() => void this.socket.destroy());
  }

  get status(): string | undefined {
    return /^HTTP\/1\.1 (\d+)/.exec(this.received)?.[1];
  }

  /** Sends the text in pieces of two characters, so long as the connection lives. */
  async trickle(rest: string, pause: number): Promise<void> {
    for (let at = 0; at < rest.length && !this.isClosed; at += 2) {
      this.socket.write(rest.slice(at, at + 2));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Resolves when the server has received what the senders have sent so far. */
async function allSent(senders: readonly Sender[]): Promise<void> {
  await vi.waitFor(() =>
    expect(senders.every(({ socket }) => !socket.connecting && socket.writableLength === 0)).toBe(true),
  );
}

describe('senders that stall', () => {
  it.each<[string, string, number, number]>([
    ['have declared 64 KiB', `Content-Length: ${64 * KIB}`, 0, 60],
    ['have declared 4 KiB of gzip', 'Content-Length: 4096\r\nContent-Encoding: gzip', 0, 60],
    ['have sent 60 KiB of 64', `Content-Length: ${64 * KIB}`, 60 * KIB, 100],
    ['have sent 8 MiB less a byte', `Content-Length: ${8 * MIB}`, 8 * MIB - 1, 1],
  ])('and %s keep no room from others, of any size', async (_, declared, sent, count) => {
    const { port, post } = await listening();
    const body = Buffer.alloc(sent, ' ');
    const senders = Array.from({ length: count }, () => new Sender(port, declared, body));
    await allSent(senders);

    expect(await post(text)).toBe(201);
    await vi.waitFor(async () => expect(await post(text.padEnd(MIB))).toBe(200), { timeout: 5_000, interval: 100 });
    for (let i = 0; i < 20; i++) expect(await post(text)).toBe(200);
  });

  it('are answered with 408, and their connection is closed', async () => {
    const { port, post, under } = await listening({ maxStall: 200, checkInterval: 20 });
    const senders = [
      new Sender(port, 'Content-Length: 1000', text),
      new Sender(port, 'Transfer-Encoding: chunked', `${text.length.toString(16)}\r\n${text}\r\n`),
      new Sender(port, 'Content-Length: 1000', gzipSync(text).subarray(0, 20), 'POST /v1/links'),
      new Sender(port, 'Content-Length: 1000', '{', 'PATCH /v1/links/M-1@1'),
    ];

    await vi.waitFor(() => expect(senders.every(({ isClosed }) => isClosed)).toBe(true), { timeout: 5_000 });
    for (const { received } of senders) {
      expect(received).toMatch(/^HTTP\/1\.1 408 .*\r\nconnection: close\r\n/is);
      expect(received).toContain('"code":"request-timeout"');
    }
    under.ingestLog.flush();
    expect(under.log.lines.at(-1)?.fields.refusedRequests).toEqual({ 'request-timeout': 2 });
    expect(await post(text)).toBe(201);
  });

  it('are dropped when there are too many of them, with 503 and Retry-After', async () => {
    const { port, post } = await listening({ slowBytes: MIB, checkInterval: 20 });
    const senders = Array.from({ length: 20 }, () => new Sender(port, `Content-Length: ${MIB}`, ' '.repeat(100 * KIB)));

    await vi.waitFor(() => expect(senders.filter(({ isClosed }) => isClosed).length).toBeGreaterThanOrEqual(10), {
      timeout: 5_000,
    });
    const dropped = senders.filter(({ isClosed, status }) => isClosed && status === '503');
    expect(dropped[0]?.received).toMatch(/retry-after: 1\r\n/i);
    expect(await post(text)).toBe(201);
  });
});

describe('a sender that is slow but steady', () => {
  it('is answered when all has arrived, long after a stalled one would have been dropped', async () => {
    const { port } = await listening({ maxStall: 1_500, minRate: 20, checkInterval: 20 });
    const body = text.padEnd(300);
    const steady = new Sender(port, `Content-Length: ${body.length}`);
    const stalled = new Sender(port, `Content-Length: ${body.length}`, text);

    await steady.trickle(body, 20);
    await vi.waitFor(() => expect(steady.status).toBe('201'), { timeout: 5_000 });
    expect(stalled.status).toBe('408');
  });
});

describe('the bodies of links', () => {
  it('pass the same gate as readings', async () => {
    const { port, post } = await listening({ restBytes: MIB });
    const senders = ['POST /v1/ingest', 'POST /v1/links'].map(
      (request) => new Sender(port, `Content-Length: ${2 * MIB}`, ' '.repeat(MIB), request),
    );
    await vi.waitFor(() => expect(senders.map(({ status }) => status)).toContain('503'));
    expect(await post(LINK, '/v1/links')).toBe(201);
  });

  it('may not be larger than 5,000 links can be', async () => {
    const { post } = await listening();
    expect(await post(LINK.padEnd(2 * MIB), '/v1/links')).toBe(201);
    expect(await post(LINK.padEnd(2 * MIB + 1), '/v1/links')).toBe(413);
    const path = `/v1/links/M-1@${Date.parse('2026-01-01T00:00:00Z')}`;
    expect(await post('{"to":null}'.padEnd(16 * KIB), path, 'PATCH')).toBe(200);
    expect(await post('{"to":null}'.padEnd(16 * KIB + 1), path, 'PATCH')).toBe(413);
  });
});

it('a body in very many small chunks is read as it was sent', async () => {
  const { port } = await listening();
  const filler = 'x'.repeat(20_000);
  const body = JSON.stringify(sentMeter({ note: filler }));
  const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('');
  const sender = new Sender(port, 'Transfer-Encoding: chunked', `${chunks}0\r\n\r\n`);
  await vi.waitFor(() => expect(sender.status).toBe('201'), { timeout: 5_000 });
});
