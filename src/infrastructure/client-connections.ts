import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientNetwork } from '#adapters/inbound/http/wire/client/client-network';
import { type Answer, ClientConnection } from './client-connection.ts';

/**
 * Limit on the unsent bytes of all answers. A page of 1,000 devices is some 150 KB: hundreds of slow readers of the
 * largest answers are served, and memory stays bounded however many never read.
 */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
/** Limit on the requests waiting for earlier ones of their connections. Each takes about 2 KiB, for a few bytes sent. */
const MAX_WAITING = 16_384;

/** The open connections, and what they may make the engine hold together. */
export class ClientConnections {
  readonly #open = new Map<Socket, ClientConnection>();
  /** How many connections each client has open. */
  readonly #ofClient = new Map<string, number>();
  readonly #answer: Answer;
  readonly #maxPerClient: (address: string | undefined) => number;
  readonly #total = { waiting: 0 };
  /** Connections closed at once since the start, here or because too many files were open. */
  refused = 0;

  /** `maxPerClient`: how many connections the client with this address may have open. */
  constructor(answer: Answer, maxPerClient: (address: string | undefined) => number = () => Infinity) {
    this.#answer = answer;
    this.#maxPerClient = maxPerClient;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Returns `false`, and closes the connection, if the client has too many. */
  add(socket: Socket): boolean {
    const client = clientNetwork(socket.remoteAddress);
    const others = this.#ofClient.get(client) ?? 0;
    if (others >= this.#maxPerClient(socket.remoteAddress)) {
      this.refused++;
      socket.destroy();
      return false;
    }
    this.#ofClient.set(client, others + 1);
    const connection = new ClientConnection(socket, this.#answer, this.#total);
    this.#open.set(socket, connection);
    socket.on('close', () => {
      connection.close();
      this.#open.delete(socket);
      const left = (this.#ofClient.get(client) ?? 1) - 1;
      if (left === 0) this.#ofClient.delete(client);
      else this.#ofClient.set(client, left);
    });
    return true;
  }

  receive(incoming: IncomingMessage, response: ServerResponse): void {
    this.#open.get(incoming.socket)?.receive(incoming, response);
    if (this.#total.waiting > MAX_WAITING) this.#closeLongestQueue();
  }

  timedOut(socket: Socket): void {
    this.#open.get(socket)?.timedOut();
  }

  /** Closes the connections whose answers have been unsent for longest, until the rest is within the limit. */
  shedUnsent(): void {
    const slow = [...this.#open.values()]
      .map((connection) => ({ connection, checks: connection.checkUnsent(), bytes: connection.unsentBytes }))
      .filter(({ checks }) => checks > 0)
      .sort((a, b) => b.checks - a.checks || b.bytes - a.bytes);
    let unsent = slow.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { connection, bytes } of slow) {
      if (unsent <= MAX_UNSENT_BYTES) return;
      connection.close();
      unsent -= bytes;
    }
  }

  /** Closes the connections that have been silent, with nothing in progress, in each of the last `checks` calls. */
  closeSilent(checks: number): void {
    for (const connection of this.#open.values()) if (connection.checkSilent() >= checks) connection.close();
  }

  #closeLongestQueue(): void {
    let longest: ClientConnection | undefined;
    for (const connection of this.#open.values()) {
      if (connection.waiting > (longest?.waiting ?? 0)) longest = connection;
    }
    longest?.close();
  }
}
