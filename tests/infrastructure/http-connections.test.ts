import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
import { readEnvironment } from '#infrastructure/environment';
import { type Fetch, HttpServer, type HttpServerOptions } from '#infrastructure/http-server';
import { maxConnections } from '#infrastructure/max-connections';
import { type Service, startService } from '#infrastructure/service';
import { appUnderTest, problemOf } from '#tests/adapters/http/app-under-test';
import { noLog } from '#tests/support/no-log';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { answerTo, rawConnection, responseIn, responsesIn } from './raw-connection.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const echo: Fetch = async (request) => new Response(`${request.method} ${new URL(request.url).pathname}`);

async function listening(fetch: Fetch = echo, options: HttpServerOptions = {}): Promise<HttpServer> {
  const server = await HttpServer.listen(fetch, '127.0.0.1', 0, options);
  onTestFinished(() => server.close(0));
  return server;
}

async function startedService(environment: Readonly<Record<string, string>>): Promise<Service> {
  const config = { ...readEnvironment(environment), port: 0 };
  const service = await startService(config, { logger: noLog, background: false });
  onTestFinished(() => service.close());
  return service;
}

/** A request to `/n` with n as its body. */
function numbered(n: string, headers = ''): string {
  return `POST /${n} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${n.length}\r\n\r\n${n}`;
}

const now = new Date().toISOString();

function postOf(meterId: string, kwhConsumedAc = 1): string {
  const body = JSON.stringify({ meterId, kwhConsumedAc, voltage: 230, timestamp: now });
  const headers = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  return `POST /v1/ingest HTTP/1.1\r\n${headers}\r\n\r\n${body}`;
}

/** A GET through Node's own client, which fails if the connection is reset. */
function send(agent: Agent, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => response.resume().on('end', () => resolve(response)));
    request.on('error', reject);
  });
}

describe('a request', () => {
  it.each([
    ['in HTTP/1.0 without a host', 'GET /a HTTP/1.0\r\n\r\n'],
    ['in HTTP/1.0 with an empty host', 'GET /a HTTP/1.0\r\nHost:\r\n\r\n'],
    ['with an empty host', 'GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    ['with a port only', 'GET /a HTTP/1.1\r\nHost: :3000\r\nConnection: close\r\n\r\n'],
    ['with an empty port', 'GET /a HTTP/1.1\r\nHost: engine:\r\nConnection: close\r\n\r\n'],
    ['with a long IPv6 address', 'GET /a HTTP/1.1\r\nHost: [0:0:0:0:0:0:0:1]:3000\r\nConnection: close\r\n\r\n'],
    ['with an IPv4 address in IPv6', 'GET /a HTTP/1.1\r\nHost: [::ffff:127.0.0.1]\r\nConnection: close\r\n\r\n'],
    ['with a short IPv4 address', 'GET /a HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n\r\n'],
    ['with capital letters', 'GET /a HTTP/1.1\r\nHost: Engine.Example:80\r\nConnection: close\r\n\r\n'],
    ['with an escape', 'GET /a HTTP/1.1\r\nHost: %65ngine\r\nConnection: close\r\n\r\n'],
    ['with an underscore and a sub-delimiter', 'GET /a HTTP/1.1\r\nHost: my_engine!\r\nConnection: close\r\n\r\n'],
    ['with a whole URL', 'GET http://engine/a HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n'],
  ])('%s is served', async (_, sent) => {
    const response = responseIn(await answerTo(await listening(), sent));

    expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: 'GET /a' });
  });

  it('about the server itself is answered with its methods', async () => {
    const sent = 'OPTIONS * HTTP/1.1\r\nHost:\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n';
    const response = responseIn(await answerTo(await listening(), sent));

    expect(response.status).toBe(200);
    const { routes } = appUnderTest();
    const methods = new Set(['HEAD', 'OPTIONS', ...routes.routes.map(({ method }) => method)]);
    expect(response.headers.get('allow')).toBe([...methods].sort().join(', '));
    expect(response.headers.get('x-request-id')).toBe('mine');
  });
});

describe('a client that ends its side after a request', () => {
  it('gets its answer, and the connection is closed', async () => {
    const answersAtTheEnd: Fetch = async (_, env) => {
      await once((env as HttpBindings).incoming.socket, 'end');
      return new Response('late');
    };
    const { socket, closed } = rawConnection(await listening(answersAtTheEnd));
    socket.end(GET);

    expect(await responsesIn(await closed)[0]?.text()).toBe('late');
  });

  it('gets the answers to all of its requests', async () => {
    const { socket, closed } = rawConnection(await listening());
    socket.end(GET + GET + GET);

    expect(responsesIn(await closed)).toHaveLength(3);
  });

  it('is not waited for without a request', async () => {
    const { socket, closed } = rawConnection(await listening());
    socket.end();

    expect(await closed).toBe('');
  });

  it.each([
    ['memory', () => ({ EIE_STORE: 'memory' })],
    ['sqlite', () => ({ EIE_STORE: 'sqlite', EIE_DATA_DIR: temporaryDirectory() })],
  ])('learns that its reading is stored in %s', async (_, environment) => {
    const service = await startedService(environment());
    const { socket, closed } = rawConnection(service);
    socket.end(postOf('M-1'));

    const [response] = responsesIn(await closed);
    expect(response?.status).toBe(201);
    expect(await response?.json()).toMatchObject({ status: 'stored', id: 'M-1' });
  });
});

describe('requests sent in one go', () => {
  it('begin when the answer to the one before is complete, and are answered in order', async () => {
    const events: string[] = [];
    const first = Promise.withResolvers<void>();
    const server = await listening(async (request) => {
      const { pathname } = new URL(request.url);
      events.push(`begin ${pathname}`);
      if (pathname === '/1') await first.promise;
      events.push(`end ${pathname}`);
      return new Response(await request.text());
    });
    const { socket, received, closed } = rawConnection(server);
    socket.write(`${numbered('1')}${numbered('2')}${numbered('3')}${numbered('4', 'Connection: close\r\n')}`);
    await expect.poll(() => events).toEqual(['begin /1']);
    await answerTo(server, 'GET /other HTTP/1.0\r\n\r\n');
    expect(events).toEqual(['begin /1', 'begin /other', 'end /other']);
    expect(received()).toBe('');

    first.resolve();

    expect(await Promise.all(responsesIn(await closed).map((response) => response.text()))).toEqual([
      '1',
      '2',
      '3',
      '4',
    ]);
    const own = events.filter((event) => !event.endsWith('other'));
    expect(own).toEqual(['1', '2', '3', '4'].flatMap((n) => [`begin /${n}`, `end /${n}`]));
  });

  it('may be more than fit into one piece of what arrives', async () => {
    const { socket, closed } = rawConnection(await listening());
    const many = 5_000;
    socket.end(GET.repeat(many));

    expect(responsesIn(await closed)).toHaveLength(many);
  });

  it('that have not begun when the client leaves never do', async () => {
    const begun: string[] = [];
    const left = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<boolean>();
    const server = await listening(async (request, env) => {
      const { pathname } = new URL(request.url);
      begun.push(pathname);
      if (pathname !== '/1') return new Response();
      const { outgoing } = env as HttpBindings;
      outgoing.on('close', () => closed.resolve(outgoing.writableFinished));
      await left.promise;
      return new Response('unread');
    });
    const { socket } = rawConnection(server);
    socket.write(numbered('1') + numbered('2'));
    await expect.poll(() => begun).toEqual(['/1']);
    socket.resetAndDestroy();
    await answerTo(server, 'GET /other HTTP/1.0\r\n\r\n');
    left.resolve();

    expect(await closed.promise).toBe(false);
    await answerTo(server, 'GET /another HTTP/1.0\r\n\r\n');
    expect(begun).toEqual(['/1', '/other', '/another']);
  });

  it('end the connections with most of them when too many wait', async () => {
    const release = Promise.withResolvers<void>();
    const server = await listening(async () => {
      await release.promise;
      return new Response('done');
    });
    const small = rawConnection(server);
    small.socket.end(GET + GET);
    const large = Array.from({ length: 12 }, () => rawConnection(server));
    for (const { socket } of large) socket.write('GET / HTTP/1.1\r\nHost:\r\n\r\n'.repeat(2_500));
    expect(await Promise.race(large.map(({ closed }) => closed))).toBe('');

    release.resolve();

    expect(responsesIn(await small.closed)).toHaveLength(2);
  });

  it.each([
    ['memory', () => ({ EIE_STORE: 'memory' })],
    ['sqlite', () => ({ EIE_STORE: 'sqlite', EIE_DATA_DIR: temporaryDirectory() })],
  ])('see the effects of those before them, on %s', async (_, environment) => {
    const service = await startedService(environment());
    const { socket, closed } = rawConnection(service);
    socket.end(`${postOf('M-1')}${postOf('M-1', 9)}GET /v1/meters/M-1/live HTTP/1.1\r\nHost: localhost\r\n\r\n`);

    const responses = responsesIn(await closed);
    expect(responses.map(({ status }) => status)).toEqual([201, 409, 200]);
    expect(await responses[2]?.json()).toMatchObject({ kwhConsumedAc: 1 });
  });
});

describe('answers that nobody reads', () => {
  const LARGE = Buffer.alloc(24 * 1024 * 1024, 'x'); // more than the buffers of the operating system take

  it('are made one at a time', async () => {
    let begun = 0;
    const server = await listening(async () => {
      begun++;
      return new Response(LARGE);
    });
    const { socket, received } = rawConnection(server);
    socket.pause();
    socket.write(GET.repeat(3));
    await expect.poll(() => begun).toBe(1);
    const other = rawConnection(server);
    other.socket.end(GET);
    await other.closed;
    expect(begun).toBe(2);

    socket.resume();

    await expect.poll(() => received().length, { timeout: 60_000 }).toBeGreaterThan(3 * LARGE.length);
    expect(begun).toBe(4);
  });

  it('end the connection when the client takes nothing of them for the time limit', async () => {
    const closed = Promise.withResolvers<boolean>();
    const answers: Fetch = async (_, env) => {
      const { outgoing } = env as HttpBindings;
      outgoing.on('close', () => closed.resolve(outgoing.writableFinished));
      return new Response(LARGE);
    };
    const { socket } = rawConnection(await listening(answers, { writeTimeout: 200 }));
    socket.pause();
    socket.write(GET);

    expect(await closed.promise).toBe(false);
  });

  it('do not end a connection whose answer is not written yet', async () => {
    const server = await listening(
      async () => {
        await sleep(300);
        return new Response('late');
      },
      { writeTimeout: 20 },
    );

    expect(await responseIn(await answerTo(server, 'GET / HTTP/1.0\r\n\r\n')).text()).toBe('late');
  });

  it('end the connections that hold most memory for longest, before it is too much', async () => {
    const outcomes: boolean[] = [];
    const server = await listening(async (_, env) => {
      const { outgoing } = env as HttpBindings;
      outgoing.on('close', () => outcomes.push(outgoing.writableFinished));
      return new Response(LARGE);
    });
    const clients = [1, 2, 3, 4].map(() => rawConnection(server));
    for (const { socket } of clients) {
      socket.pause();
      socket.write(GET);
    }
    await expect.poll(() => outcomes, { timeout: 60_000 }).toEqual([false, false]);

    for (const { socket } of clients) socket.resume();

    await expect.poll(() => outcomes, { timeout: 60_000 }).toEqual([false, false, true, true]);
  });
});

describe('an expectation', () => {
  const expecting = (what: string) => `POST / HTTP/1.1\r\nHost: localhost\r\nExpect: ${what}\r\nX-Request-Id: mine\r\n`;

  it.each([['102-processing'], ['100-continue, more'], ['nothing=1']])('of %s is refused', async (what) => {
    const sent = `${expecting(what)}Content-Length: 2\r\n\r\n{}`;
    const text = (await answerTo(await listening(), sent)).replace('HTTP/1.1 100 Continue\r\n\r\n', '');

    expect(await problemOf(responseIn(text), 417, 'expectation-failed')).toMatchObject({ instance: 'mine' });
  });

  it('to continue is met', async () => {
    const { socket, closed } = rawConnection(await listening(async (request) => new Response(await request.text())));
    socket.write(`${expecting('100-Continue')}Content-Length: 2\r\nConnection: close\r\n\r\n`);
    await once(socket, 'data');
    socket.write('{}');

    const [first, second = ''] = (await closed).split(/(?<=100 Continue\r\n\r\n)/);
    expect(first).toContain('100 Continue');
    expect(await responseIn(second).text()).toBe('{}');
  });

  it.each([
    ['that is empty', 'POST / HTTP/1.1\r\nHost: localhost\r\nExpect:\r\nConnection: close\r\n\r\n'],
    ['in HTTP/1.0', 'POST / HTTP/1.0\r\nExpect: 102-processing\r\n\r\n'],
  ])('%s is ignored', async (_, sent) => {
    expect(responseIn(await answerTo(await listening(), sent)).status).toBe(200);
  });
});

describe('a method', () => {
  it.each([['TRACE'], ['PROPFIND'], ['QUERY'], ['M-SEARCH'], ['OPTIONS']])(
    '%s is refused with those that are allowed, at a known path only',
    async (method) => {
      const service = await startedService({ EIE_STORE: 'memory' });
      const sent = (path: string) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

      const known = responseIn(await answerTo(service, sent('/health/live')));
      expect(known.headers.get('allow')).toBe('GET, HEAD');
      await problemOf(known, 405, 'method-not-allowed');
      await problemOf(responseIn(await answerTo(service, sent('/nowhere'))), 404, 'not-found');
    },
  );

  it('CONNECT is refused', async () => {
    const response = responseIn(await answerTo(await listening(), 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'));

    expect(response.headers.get('allow')).toContain('POST');
    await problemOf(response, 405, 'method-not-allowed');
  });

  it('that does not exist is malformed', async () => {
    const response = responseIn(await answerTo(await listening(), 'FETCH / HTTP/1.1\r\nHost: localhost\r\n\r\n'));

    await problemOf(response, 400, 'malformed-request');
  });
});

describe('a server that stops', () => {
  it('answers the next request of a connection that was idle, as the last one', async () => {
    const server = await listening();
    const { socket, closed } = rawConnection(server);
    socket.write(GET);
    await once(socket, 'data');

    const stopped = server.close(60_000);
    socket.write(GET);

    const [first, second] = responsesIn(await closed);
    expect(first?.headers.get('connection')).toBe('keep-alive');
    expect(second?.headers.get('connection')).toBe('close');
    await stopped;
  });

  it('resets no client that sends one request after another', async () => {
    const server = await listening();
    const { url } = server;
    const answered = Array<number>(50).fill(0);
    const client = async (index: number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      for (;;) {
        const response = await send(agent, url);
        answered[index] = (answered[index] ?? 0) + 1;
        if (response.headers.connection === 'close') return;
      }
    };
    const clients = Promise.all(answered.map((_, index) => client(index)));
    await expect.poll(() => Math.min(...answered)).toBeGreaterThan(1);

    await Promise.all([server.close(60_000), clients]);
  });

  it('answers requests that wait for one in flight', async () => {
    const release = Promise.withResolvers<void>();
    let begun = 0;
    const server = await listening(async () => {
      if (++begun === 1) await release.promise;
      return new Response('done');
    });
    const { socket, closed } = rawConnection(server);
    socket.write(GET.repeat(3));
    await expect.poll(() => begun).toBe(1);

    const stopped = server.close(60_000);
    release.resolve();

    const connection = responsesIn(await closed).map(({ headers }) => headers.get('connection'));
    expect(connection).toEqual(['keep-alive', 'keep-alive', 'close']);
    await stopped;
  });

  it('does not wait for connections that have sent nothing', async () => {
    const server = await listening();
    const { socket, closed } = rawConnection(server);
    await once(socket, 'connect');
    await answerTo(server, 'GET / HTTP/1.0\r\n\r\n'); // so that the one before has been accepted

    await server.close(60_000);

    expect(await closed).toBe('');
  });
});

describe('connections beyond the limit of open files', () => {
  it.each([
    [20_000, 19_800],
    [1_024, 824],
    [256, 128],
  ])('of %i: %i may be open', (files, connections) => {
    expect(maxConnections(files)).toBe(connections);
  });

  it('are refused with a warning, and the others are served', async () => {
    const environment = { EIE_STORE: 'memory', EIE_CONNECTIONS_PER_ADDRESS: '1000' };
    const service = await ServiceProcess.start(environment, { maxOpenFiles: 100 });
    onTestFinished(() => service.signal('SIGKILL'));
    const clients = Array.from({ length: 80 }, () => rawConnection(service));
    await Promise.race(clients.map(({ closed }) => closed));

    expect(await service.logs('connection refused: the limit of open files leaves no room')).toMatchObject({
      level: 'warn',
      openConnections: 50,
      remoteAddress: '127.0.0.1',
    });
    for (const { socket } of clients) if (socket.writable) socket.end(GET);
    const answers = await Promise.all(clients.map(({ closed }) => closed));
    expect(answers.filter((text) => text !== '').length).toBeGreaterThan(30);
  });
});

describe('connections of one client', () => {
  /** Returns how many have been closed so far. */
  const countClosed = (clients: readonly ReturnType<typeof rawConnection>[]) => {
    let closedSoFar = 0;
    for (const { closed } of clients) void closed.then(() => closedSoFar++);
    return () => closedSoFar;
  };

  it('are closed at once beyond its limit, and one that ends makes room for another', async () => {
    const server = await listening(echo, { connectionsPerClient: 3 });
    const clients = Array.from({ length: 5 }, () => rawConnection(server));
    await expect.poll(countClosed(clients)).toBe(2);
    expect(server.connections).toMatchObject({ open: 3, refused: 2 });

    const kept = clients.filter(({ socket }) => !socket.destroyed);
    kept[0]?.socket.destroy();
    await expect.poll(() => server.connections.open).toBe(2);

    expect(responseIn(await answerTo(server, 'GET /a HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('are not limited for a trusted proxy', async () => {
    const clientAddresses = new ClientAddresses(['127.0.0.0/8']);
    const server = await listening(echo, { connectionsPerClient: 1, clientAddresses });
    const clients = Array.from({ length: 5 }, () => rawConnection(server));

    await expect.poll(() => server.connections.open).toBe(5);

    expect(clients.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('leave a quarter of all to others', async () => {
    const service = await ServiceProcess.start({ EIE_STORE: 'memory' }, { maxOpenFiles: 100 });
    onTestFinished(() => service.signal('SIGKILL'));
    const clients = Array.from({ length: 50 }, () => rawConnection(service));

    await expect.poll(countClosed(clients)).toBeGreaterThanOrEqual(12); // others may be open since the start

    expect(await service.logs('connection refused: the client has too many open')).toMatchObject({
      level: 'warn',
      remoteAddress: '127.0.0.1',
    });
  });
});
