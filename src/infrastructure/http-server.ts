import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { brokenRequestAnswer, type ParserError, unroutableResponse } from '#adapters/inbound/http/wire/broken-request';
import { type Millis, SECOND } from '#domain/time/time';

/** A request must have arrived whole by then: a slow or stalled sender does not hold a place for ever. */
const REQUEST_TIMEOUT: Millis = 30 * SECOND;
/** How often Node looks for requests that are late; it takes time in proportion to these alone. */
const TIMEOUT_CHECK: Millis = SECOND;
/** Devices post every minute: a connection survives until the next reading. Longer than usual load balancers' 60 s. */
const KEEP_ALIVE_TIMEOUT: Millis = 75 * SECOND;
/**
 * Connections that may wait to be taken, as far as the kernel lets them (`net.core.somaxconn`). A fleet connects at the full
 * minute: one that finds no room tries again after a second, then three, then seven. Node's own limit is 511.
 */
const BACKLOG = 4_096;
/** How often connections that have become idle are closed while stopping. */
const IDLE_SWEEP: Millis = 50;

export type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

/** Listens on a socket, answers what Node cannot read with a problem like every other error, and stops gracefully. */
export class HttpServer {
  readonly #server: Server;
  #stopping = false;

  private constructor(server: Server) {
    this.#server = server;
    server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
    server.on('clientError', (error: ParserError, socket) => {
      if (socket.writable && awaitsAnswer(socket)) socket.write(brokenRequestAnswer(error));
      socket.destroy(); // whether the client reads it or not
    });
  }

  /** Resolves when the socket listens; rejects when it cannot (`EADDRINUSE`, `EACCES`). */
  static async listen(fetch: Fetch, host: string, port: number, requestTimeout = REQUEST_TIMEOUT): Promise<HttpServer> {
    // Node waits for the longer one of its two timeouts, and takes its interval at creation only.
    const options = {
      requireHostHeader: false, // Node would answer without a problem; the listener below refuses what has no host, too
      headersTimeout: requestTimeout,
      requestTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK,
    };
    // Without the clean-up a client that reads only after sending everything still gets its 413; `REQUEST_TIMEOUT` bounds it.
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

  /** Takes no new connection, lets requests in flight finish for at most `grace`, then cuts them off. */
  async close(grace: Millis): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    const sweep = setInterval(() => this.#server.closeIdleConnections(), IDLE_SWEEP);
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), grace);
    await closed;
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}

/**
 * Whether what is written to the connection now would be taken for the answer to the request that is broken. It would not
 * while that of an earlier one is to come, or once its own has begun.
 */
function awaitsAnswer(socket: Duplex): boolean {
  // Node's own handler asks this, too: there is no public name for the response whose turn it is.
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  return !response || (!response.req.complete && !response.headersSent);
}
