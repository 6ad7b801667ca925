import { once } from 'node:events';
import { Agent, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AppUnderTest, appUnderTest, BODY_LIMIT, problemOf, sentMeter } from './app-under-test.ts';

const MIB = 1024 * 1024;
const text = JSON.stringify(sentMeter());
const json = { 'content-type': 'application/json' };

let under: AppUnderTest;
let server: Server;
let port: number;
let base: string;

beforeEach(async () => {
  under = appUnderTest();
  server = createAdaptorServer({ fetch: under.app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  base = `http://127.0.0.1:${port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
  fetch(`${base}/v1/ingest`, { method: 'POST', headers: { ...json, ...headers }, body, duplex: 'half' });

/** A connection that sends raw bytes and reads responses by their content length. */
class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor() {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    this.socket.on('error', () => {});
  }

  async send(data: string): Promise<void> {
    if (!this.socket.write(Buffer.from(data)))
      await Promise.race([once(this.socket, 'drain'), once(this.socket, 'close')]);
  }

  head(length: string): string {
    return `POST /v1/ingest HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;
  }

  async answer(): Promise<{ status: number; body: string }> {
    for (const begin = performance.now(); performance.now() - begin < 5_000; await sleep(5)) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end === -1) continue;
      const head = this.#received.subarray(0, end).toString();
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (this.#received.length < end + 4 + length) continue;
      const body = this.#received.subarray(end + 4, end + 4 + length).toString();
      this.#received = this.#received.subarray(end + 4 + length);
      return { status: Number(head.split(' ')[1]), body };
    }
    throw new Error(`no response, only ${JSON.stringify(this.#received.toString().slice(0, 200))}`);
  }
}

describe('a body over the limit', () => {
  it('is answered with 413 every time, to a client that sends all of it', async () => {
    const body = `[${' '.repeat(9 * MIB)}]`;
    for (let i = 0; i < 8; i++) await problemOf(await post(body), 413, 'body-too-large');
    expect((await post(text)).status).toBe(201);
  });

  it('is answered before any of it is sent', async () => {
    const connection = new RawConnection();
    await connection.send(connection.head(`Content-Length: ${9 * MIB}`));
    expect(await connection.answer()).toMatchObject({ status: 413, body: expect.stringContaining('body-too-large') });
  });

  it('leaves the connection usable for the next request', async () => {
    const connection = new RawConnection();
    for (let i = 0; i < 3; i++) {
      await connection.send(connection.head(`Content-Length: ${9 * MIB}`));
      await connection.send(text.repeat(Math.ceil((9 * MIB) / text.length)).slice(0, 9 * MIB));
      expect((await connection.answer()).status).toBe(413);
      await connection.send(connection.head(`Content-Length: ${text.length}`) + text);
      expect((await connection.answer()).status).toBe(i === 0 ? 201 : 200);
    }
  });

  it('is detected while it arrives if it does not declare its length', async () => {
    const piece = new TextEncoder().encode(' '.repeat(MIB));
    for (let i = 0; i < 4; i++) {
      let sent = 0;
      const endless = new ReadableStream({
        pull(controller) {
          if (++sent > 12) controller.close();
          else controller.enqueue(piece);
        },
      });
      await problemOf(await post(endless), 413, 'body-too-large');
    }
    expect((await post(text)).status).toBe(201);
  });

  it('is answered even if it never ends', async () => {
    const connection = new RawConnection();
    await connection.send(connection.head('Transfer-Encoding: chunked'));
    const chunk = `${MIB.toString(16)}\r\n${' '.repeat(MIB)}\r\n`;
    let closed = false;
    connection.socket.on('close', () => {
      closed = true;
    });
    const answer = connection.answer();
    const begin = performance.now();
    while (!closed && performance.now() - begin < 10_000) {
      await connection.send(chunk);
      await sleep(20);
    }
    expect((await answer).status).toBe(413);
    expect(closed).toBe(true); // the server does not read it forever
  });

  it('is not inflated together with too many others', async () => {
    const bomb = gzipSync(Buffer.alloc(BODY_LIMIT, ' '), { level: 9 });
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 2);
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(bomb, { 'content-encoding': 'gzip' })));
    clearInterval(watch);
    for (const { status } of answers) expect([400, 503]).toContain(status); // white space is not JSON
    expect(peak - before).toBeLessThan(192 * MIB);
  });

  it('is not inflated further than the limit', async () => {
    const member = gzipSync(Buffer.alloc(16 * MIB), { level: 9 });
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => member)); // a gibibyte of zeros
    const [before, begin] = [process.memoryUsage().rss, performance.now()];
    for (let i = 0; i < 3; i++)
      await problemOf(await post(bomb, { 'content-encoding': 'gzip' }), 413, 'body-too-large');
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * MIB);
  });
});

describe('a body within the limit', () => {
  it('may be chunked in any way', async () => {
    const connection = new RawConnection();
    await connection.send(connection.head('Transfer-Encoding: chunked'));
    for (const character of text) await connection.send(`1\r\n${character}\r\n`);
    await connection.send('0\r\n\r\n');
    expect(await connection.answer()).toMatchObject({ status: 201, body: expect.stringContaining('stored') });
    await connection.send(connection.head(`Content-Length: ${text.length}`) + text);
    expect((await connection.answer()).status).toBe(200);
  });

  it('may be as large as the limit when chunked', async () => {
    const body = new Blob([text.padEnd(BODY_LIMIT)]).stream();
    expect((await post(body)).status).toBe(201);
  });

  it('may be as large as the limit and slow to arrive without others being refused', async () => {
    const connections = [`Content-Length: ${BODY_LIMIT}`, `Content-Length: ${MIB / 2}\r\nContent-Encoding: gzip`].map(
      (length) => ({ connection: new RawConnection(), length }),
    );
    for (const { connection, length } of connections) await connection.send(connection.head(length));
    const large = connections[0]?.connection;
    await large?.send(text);
    await sleep(50);

    expect((await post(text)).status).toBe(201);
    expect((await post(text.padEnd(200 * 1024))).status).toBe(200);

    await large?.send(' '.repeat(BODY_LIMIT - text.length));
    expect((await large?.answer())?.status).toBe(200);
  });

  it('must not be missing', async () => {
    const connection = new RawConnection();
    await connection.send('POST /v1/ingest HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\r\n');
    expect(await connection.answer()).toMatchObject({ status: 400, body: expect.stringContaining('malformed-json') });
  });
});

describe('a refused request', () => {
  it('leaves the connection usable for the next one, although its body was not read', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    const send = (path: string, type: string, body: Buffer) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(`${base}${path}`, { method: 'POST', agent, headers: { 'content-type': type } });
        request.on('socket', (socket) => sockets.add(socket));
        request.on('error', reject);
        request.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
        request.end(body);
      });
    const body = Buffer.alloc(MIB, ' ');
    expect(await send('/v1/ingest', 'text/plain', body)).toBe(415);
    expect(await send('/v1/ingest?atomic=x', 'application/json', body)).toBe(400);
    expect(await send('/v1/nowhere', 'application/json', body)).toBe(404);
    expect(await send('/v1/ingest', 'application/json', Buffer.from(text))).toBe(201);
    expect(sockets.size).toBe(1);
    agent.destroy();
  });
});

describe('a rejected reading', () => {
  it('is logged with the address of its client', async () => {
    await problemOf(await post(JSON.stringify(sentMeter({ voltage: 'x' }))), 422, 'not-a-number');

    expect(under.log.lines[0]).toMatchObject({ message: 'reading rejected', fields: { client: '127.0.0.1' } });
  });
});

describe('a client that disconnects', () => {
  it.each([
    ['with a declared length', `Content-Length: ${text.length}`, text.slice(0, 30)],
    ['in the middle of a chunk', 'Transfer-Encoding: chunked', `ff\r\n${text.slice(0, 30)}`],
    ['between chunks', 'Transfer-Encoding: chunked', `${text.length.toString(16)}\r\n${text}\r\n`],
  ])('while sending %s leaves nothing behind, and no error in the log', async (_, length, part) => {
    for (let i = 0; i < 5; i++) {
      const connection = new RawConnection();
      await connection.send(connection.head(length) + part);
      await sleep(10);
      connection.socket.destroy();
    }
    const summaries = () => under.log.lines.filter(({ message }) => message === 'ingest summary');
    const refused = () => {
      under.ingestLog.flush();
      return summaries().map(({ fields }) => (fields.refusedRequests as Record<string, number>)['malformed-json'] ?? 0);
    };
    await vi.waitFor(() => expect(refused().reduce((sum, n) => sum + n, 0)).toBe(5), { timeout: 5_000 });
    expect(under.log.lines.every(({ level }) => level === 'info')).toBe(true);
    expect(summaries().every(({ fields }) => fields.readings === 0)).toBe(true);
    expect((await post(text)).status).toBe(201);
  });
});
