import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Fetch, HttpServer, type HttpServerOptions } from '#infrastructure/http-server';
import { problemOf } from '#tests/adapters/http/app-under-test';
import { answerTo, rawConnection, responseIn } from './raw-connection.ts';

const echo: Fetch = async (request) => new Response(await request.text());
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';

async function listening(fetch: Fetch = echo, options: HttpServerOptions = {}): Promise<HttpServer> {
  const server = await HttpServer.listen(fetch, '127.0.0.1', 0, options);
  onTestFinished(() => server.close(0));
  return server;
}

describe('a malformed request', () => {
  it.each([
    ['that is not HTTP', 'hello\r\n\r\n'],
    ['of another protocol', 'PUT / RTSP/1.0\r\nHost: localhost\r\n\r\n'],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n'],
    ['with a space in its host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['with a path in its host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['with a name for a port', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
    ['with a user in its host', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['with two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['with an invalid host, in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a b\r\n\r\n'],
    ['with an invalid path', 'GET *x HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['with an invalid header', 'GET / HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n'],
    ['with two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['with an invalid chunk', `${CHUNKED}xyz\r\n`],
  ])('is refused with 400: one %s', async (_, sent) => {
    await problemOf(responseIn(await answerTo(await listening(), sent)), 400, 'malformed-request');
  });

  it('is refused with 431 when its headers are too large', async () => {
    const sent = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`;

    await problemOf(responseIn(await answerTo(await listening(), sent)), 431, 'headers-too-large');
  });

  it.each([
    ['head', 'POST / HTTP/1.1\r\nHost: localhost\r\n'],
    ['body', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'],
  ])('is refused with 408 when its %s does not arrive in time', async (_, sent) => {
    const server = await listening(echo, { requestTimeout: 500 });

    await problemOf(responseIn(await answerTo(server, sent)), 408, 'request-timeout');
  });

  it('is refused after a request that was answered', async () => {
    const { socket, closed } = rawConnection(await listening());
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfirst');
    await once(socket, 'data');
    socket.write('second\r\n\r\n');

    const [first, second = ''] = (await closed).split(/(?=HTTP\/1\.1 )/);
    expect(first).toMatch(/^HTTP\/1\.1 200 .*first$/s);
    await problemOf(responseIn(second), 400, 'malformed-request');
  });

  it.each([
    ['its head', 'second\r\n\r\n'],
    ['its body', `${CHUNKED}xyz\r\n`],
  ])('in %s is not answered in place of the request before it, whose response is pending', async (_, second) => {
    let letAnswer = () => {};
    const held = new Promise<void>((resolve) => {
      letAnswer = resolve;
    });
    const server = await listening(async () => {
      await held;
      return new Response('late');
    });
    onTestFinished(() => letAnswer());

    expect(await answerTo(server, GET + second)).toBe('');
  });

  it('adds nothing to a response that has started', async () => {
    const begun = () =>
      new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('begun')) }));
    const { socket, closed } = rawConnection(await listening(begun));
    socket.write(CHUNKED);
    await once(socket, 'data');
    socket.write('xyz\r\n');

    expect((await closed).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });
});
