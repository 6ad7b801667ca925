import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import {
  answerText,
  brokenRequestAnswer,
  type ParserError,
  type PlainAnswer,
  unroutableResponse,
} from '#adapters/inbound/http/wire/broken-request';
import type { AllowedHosts } from '#adapters/inbound/http/wire/client/allowed-hosts';
import type { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
import { connectAnswer, earlyAnswer } from '#adapters/inbound/http/wire/early-answer';
import type { Logger } from '#application/ports/logger';
import { MINUTE, type Millis, SECOND } from '#domain/time/time';
import type { Answer } from './client-connection.ts';
import { ClientConnections } from './client-connections.ts';
import { maxConnections } from './max-connections.ts';

/** Request line and headers must be complete by then. They come in one packet, or a few. */
const HEADERS_TIMEOUT: Millis = 30 * SECOND;
/**
 * The whole request must be complete by then, however steadily it arrives: 600 kB at 2 kB/s. Whoever reads a body drops
 * those that stall long before (`BodyGate`).
 */
const REQUEST_TIMEOUT: Millis = 5 * MINUTE;
/** How often Node checks for late requests; the check is cheap, its cost grows with the late ones only. */
const TIMEOUT_CHECK_INTERVAL: Millis = SECOND;
/**
 * How often it is checked that the client has taken something of its answer since the last check, so that one that has
 * stopped reading is disconnected within two minutes. The operating system holds up to 4 MiB for a client and shows
 * progress once a third of it is free: a steady reader of 25 kB/s is safe, a slower one is if its answer fits in there.
 */
const WRITE_TIMEOUT: Millis = MINUTE;
/** How often the unsent bytes of all clients are checked. Within a second the engine cannot make more than it can hold. */
const UNSENT_CHECK_INTERVAL: Millis = SECOND;
/** Devices post every minute: the connection stays open for the next reading. Longer than the usual 60 s of load balancers. */
const KEEP_ALIVE_TIMEOUT: Millis = 75 * SECOND;
/**
 * Connections that may wait to be accepted, up to the kernel's limit (`net.core.somaxconn`). A whole fleet connects on
 * the minute, and one that finds no room retries only after 1, 3 and 7 s. Node's default is 511.
 */
const BACKLOG = 4_096;
/** How often silent connections are closed while stopping. */
const SILENT_CHECK_INTERVAL: Millis = 50;
/**
 * How long a connection must be silent to be closed while stopping. One that is closed at once may have a request under
 * way, which would be lost; a client that sends one request after another learns from an answer that it is the last.
 */
const SILENCE: Millis = 500;

/** The host that the routes see: they do not depend on it, and the listener below takes fewer forms than are valid. */
const ANY_HOST = 'engine.invalid';

/** Of all connections, so that one client cannot take the last one from all others. */
const MAX_SHARE_OF_CLIENT = 3 / 4;

export type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

export interface HttpServerOptions {
  /** Gets a warning when a connection is refused. */
  readonly logger?: Logger;
  /** A request must be complete by then. */
  readonly requestTimeout?: Millis;
  /** How often a client must have taken something of its answer. */
  readonly writeTimeout?: Millis;
  /** The hosts that requests may name; absent: any. */
  readonly allowedHosts?: AllowedHosts | undefined;
  /** How many connections one client may have open; by default it leaves a quarter of all to others. */
  readonly connectionsPerClient?: number | undefined;
  /** Proxies, which may have as many connections as there can be. */
  readonly clientAddresses?: ClientAddresses;
}

/**
 * Listens on a socket and stops gracefully. Requests of one connection are served one after another. Those that do not
 * reach the routes, because Node cannot parse them or they are not for a resource, are answered with a problem document.
 */
export class HttpServer {
  readonly #server: Server;
  readonly #connections: ClientConnections;
  #stopping = false;

  private constructor(server: Server, fetch: Fetch, options: HttpServerOptions) {
    const { logger, allowedHosts, clientAddresses, connectionsPerClient } = options;
    const { maxConnections = Infinity } = server;
    const perClient = connectionsPerClient ?? Math.ceil(maxConnections * MAX_SHARE_OF_CLIENT);
    // Without the clean-up a client that reads only after sending everything still gets its 413; `REQUEST_TIMEOUT` is the limit.
    const listener = getRequestListener(fetch, { autoCleanupIncoming: false, errorHandler: unroutableResponse });
    this.#server = server;
    const answer: Answer = (incoming, response, isLast) => {
      if (this.#stopping && isLast) response.setHeader('connection', 'close');
      const early = earlyAnswer(incoming, allowedHosts);
      if (early !== undefined) return void response.writeHead(early.status, early.headers).end(early.body);
      incoming.headers.host = ANY_HOST;
      void listener(incoming, response);
    };
    this.#connections = new ClientConnections(answer, (address) =>
      clientAddresses?.isTrusted(address) ? Infinity : perClient,
    );
    this.#serve(logger);
  }

  /** Resolves when the socket listens; rejects when it cannot (`EADDRINUSE`, `EACCES`). */
  static async listen(fetch: Fetch, host: string, port: number, options: HttpServerOptions = {}): Promise<HttpServer> {
    const { requestTimeout = REQUEST_TIMEOUT, writeTimeout = WRITE_TIMEOUT } = options;
    const server = createServer({
      requireHostHeader: false, // Node's own answer is not a problem document
      // Node reads the interval at creation only.
      headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
      requestTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    });
    server.timeout = writeTimeout; // refreshed by everything that is sent or received
    // A client may end its side of the connection and wait for the answer. Node has this switch, but does not document it.
    Object.assign(server, { httpAllowHalfOpen: true });
    const limit = maxConnections();
    if (limit !== undefined) server.maxConnections = limit;
    // Otherwise worker processes would pass a connection on to each other for as long as all are full.
    Object.assign(server, { dropMaxConnection: true });

    const httpServer = new HttpServer(server, fetch, options);
    server.listen({ port, host, backlog: BACKLOG });
    await once(server, 'listening');
    return httpServer;
  }

  /** The open connections, for metrics. */
  get connections(): Pick<ClientConnections, 'open' | 'refused'> {
    return this.#connections;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /**
   * Accepts no new connections, lets requests in flight finish for up to `grace`, then cuts them off. Until a connection
   * is silent its requests are answered, as the last ones.
   */
  async close(grace: Millis): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = once(this.#server, 'close');
    NetServer.prototype.close.call(this.#server); // that of `http.Server` also closes idle connections, at once
    const checks = Math.ceil(SILENCE / SILENT_CHECK_INTERVAL);
    // What has arrived by now is read before the check.
    const closeSilent = () => setImmediate(() => this.#connections.closeSilent(checks));
    const sweep = setInterval(closeSilent, SILENT_CHECK_INTERVAL);
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), grace);
    await closed;
    clearInterval(sweep);
    clearTimeout(cutOff);
    this.#server.close(); // ends Node's checks for late requests
  }

  #serve(logger: Logger | undefined): void {
    const server = this.#server;
    const connections = this.#connections;
    const receive = (incoming: IncomingMessage, response: ServerResponse) => connections.receive(incoming, response);
    server.on('connection', (socket) => {
      const { remoteAddress } = socket;
      if (!connections.add(socket)) logger?.warn('connection refused: the client has too many open', { remoteAddress });
    });
    server.on('request', receive);
    server.on('checkExpectation', receive);
    server.on('timeout', (socket) => connections.timedOut(socket));
    server.on('clientError', (error: ParserError, socket) => answerAndClose(socket, brokenRequestAnswer(error)));
    server.on('connect', (incoming, socket) => answerAndClose(socket, connectAnswer(incoming)));
    server.on('drop', (connection) => {
      const { remoteAddress } = connection ?? {};
      const openConnections = server.maxConnections;
      connections.refused++;
      logger?.warn('connection refused: the limit of open files leaves no room', { openConnections, remoteAddress });
    });
    const check = setInterval(() => connections.shedUnsent(), UNSENT_CHECK_INTERVAL).unref();
    server.on('close', () => clearInterval(check));
  }
}

function answerAndClose(socket: Duplex, answer: PlainAnswer): void {
  socket.on('error', () => {}); // the client may be gone
  if (socket.writable && awaitsAnswer(socket)) socket.write(answerText(answer));
  socket.destroy(); // whether or not the client has read the answer
}

/**
 * Whether a response written now would be read as the reply to the malformed request: no earlier response is pending,
 * and its own has not started.
 */
function awaitsAnswer(socket: Duplex): boolean {
  // Node's own handler uses this, too: the current response has no public name.
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  return !response || (!response.req.complete && !response.headersSent);
}
