import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { brokenRequestAnswer, type ParserError, unroutableResponse } from '#adapters/inbound/http/wire/broken-request';
import { MINUTE, type Millis, SECOND } from '#domain/time/time';

/** Request line and headers must be complete by then. They come in one packet, or a few. */
const HEADERS_TIMEOUT: Millis = 30 * SECOND;
/**
 * The whole request must be complete by then, however steadily it arrives: 600 kB at 2 kB/s. Whoever reads a body drops
 * those that stall long before (`BodyGate`).
 */
const REQUEST_TIMEOUT: Millis = 5 * MINUTE;
/** How often Node checks for late requests; the check is cheap, its cost grows with the late ones only. */
const TIMEOUT_CHECK_INTERVAL: Millis = SECOND;
/** Devices post every minute: the connection stays open for the next reading. Longer than the usual 60 s of load balancers. */
const KEEP_ALIVE_TIMEOUT: Millis = 75 * SECOND;
/**
 * Connections that may wait to be accepted, up to the kernel's limit (`net.core.somaxconn`). A whole fleet connects on
 * the minute, and one that finds no room retries only after 1, 3 and 7 s. Node's default is 511.
 */
const BACKLOG = 4_096;
/** How often idle connections are closed while stopping. */
const IDLE_SWEEP_INTERVAL: Millis = 50;

export type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

/** Listens on a socket, answers requests that Node cannot parse with a problem document, and stops gracefully. */
export class HttpServer {
  readonly #server: Server;
  #stopping = false;

  private constructor(server: Server) {
    this.#server = server;
    server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
    server.on('clientError', (error: ParserError, socket) => {
      if (socket.writable && awaitsAnswer(socket)) socket.write(brokenRequestAnswer(error));
      socket.destroy(); // whether or not the client has read the answer
    });
  }

  /** Resolves when the socket listens; rejects when it cannot (`EADDRINUSE`, `EACCES`). */
  static async listen(fetch: Fetch, host: string, port: number, requestTimeout = REQUEST_TIMEOUT): Promise<HttpServer> {
    // Node reads the interval at creation only.
    const options = {
      requireHostHeader: false, // Node's own answer is not a problem document; the listener below refuses a missing host, too
      headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
      requestTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
    };
    // Without the clean-up a client that reads only after sending everything still gets its 413; `REQUEST_TIMEOUT` is the limit.
    const listener = getRequestListener(fetch, { autoCleanupIncoming: false, errorHandler: unroutableResponse });
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (server.#stopping) response.setHeader('connection', 'close');
      void listener(request, response);
    };
    const server = new HttpServer(createServer(options, answer));
    server.#server.listen({ port, host, backlog: BACKLOG });
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Accepts no new connections, lets requests in flight finish for up to `grace`, then cuts them off. */
  async close(grace: Millis): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    const sweep = setInterval(() => this.#server.closeIdleConnections(), IDLE_SWEEP_INTERVAL);
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), grace);
    await closed;
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
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
