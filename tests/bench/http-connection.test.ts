import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpConnection, NO_ANSWER } from '../../bench/load/http-connection.ts';

const GET = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
let server: Server;

async function serve(handler: Parameters<typeof createServer>[1]): Promise<HttpConnection> {
  server = createServer(handler as () => void).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new HttpConnection((server.address() as AddressInfo).port);
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('the HTTP connection of the benchmark', () => {
  it('reads answers with a length, in chunks, without a body, and larger than its buffer', async () => {
    const large = 'x'.repeat(300_000);
    const answers = ['{"a":1}', large, ''];
    let next = 0;
    const connection = await serve((_request, response) => {
      const body = answers[next++ % answers.length] ?? '';
      if (body === '') response.writeHead(204).end();
      else if (body === large) response.write(body.slice(0, 10), () => response.end(body.slice(10)));
      else response.writeHead(201, { 'content-length': body.length, 'retry-after': '1' }).end(body);
    });
    for (let round = 0; round < 3; round++) {
      expect(await connection.request(GET, true)).toMatchObject({ status: 201, body: '{"a":1}' });
      expect(await connection.request(GET, true)).toMatchObject({ status: 200, body: large });
      expect(await connection.request(GET, true)).toMatchObject({ status: 204, body: '' });
    }
    connection.close();
  });

  it('says so when the connection is lost, and connects again', async () => {
    let requests = 0;
    const connection = await serve((request, response) => {
      if (requests++ === 0) request.socket.destroy();
      else response.end('back');
    });
    expect((await connection.request(GET)).status).toBe(NO_ANSWER);
    expect(await connection.request(GET, true)).toMatchObject({ status: 200, body: 'back' });
    connection.close();
  });
});
