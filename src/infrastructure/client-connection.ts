import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Begins to answer a request; `isLast` if none has been received after it. */
export type Answer = (incoming: IncomingMessage, response: ServerResponse, isLast: boolean) => void;

/**
 * One client's connection. Its requests are served one after another: the next one begins when the answer to the
 * previous one has been sent, so that requests sent in one go have their effects in order, and a client that does not
 * read its answers makes the engine hold one of them, not all.
 */
export class ClientConnection {
  readonly #socket: Socket;
  readonly #answer: Answer;
  /** The requests waiting on all connections. */
  readonly #total: { waiting: number };
  #current: ServerResponse | undefined;
  #hasAnswered = false;
  #waiting: (readonly [IncomingMessage, ServerResponse])[] | undefined;
  #bytesRead = 0;
  #unsentChecks = 0;
  #silentChecks = 0;

  constructor(socket: Socket, answer: Answer, total: { waiting: number }) {
    this.#socket = socket;
    this.#answer = answer;
    this.#total = total;
  }

  /** Requests that were received while an earlier one was being answered. */
  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  /** Bytes of an answer that the operating system has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Answers a request at once, or after those received before it. */
  receive(incoming: IncomingMessage, response: ServerResponse): void {
    if (this.#current === undefined) this.#begin(incoming, response);
    else if (!this.#socket.destroyed) {
      this.#queue().push([incoming, response]);
      this.#total.waiting++;
      this.#socket.pause();
    }
  }

  /**
   * Closes the connection if the client has taken nothing of an answer for the time limit, or is between two requests.
   * Work that is in progress and a first request that is still to come have time limits of their own.
   */
  timedOut(): void {
    if (this.unsentBytes > 0 || (this.#hasAnswered && this.#current === undefined)) this.close();
  }

  /** How many calls in a row, including this one, have found unsent bytes. */
  checkUnsent(): number {
    this.#unsentChecks = this.unsentBytes > 0 ? this.#unsentChecks + 1 : 0;
    return this.#unsentChecks;
  }

  /** How many calls in a row, including this one, have found nothing in progress and nothing received since the last. */
  checkSilent(): number {
    const { bytesRead } = this.#socket;
    const isSilent = this.#current === undefined && bytesRead === this.#bytesRead;
    this.#bytesRead = bytesRead;
    this.#silentChecks = isSilent ? this.#silentChecks + 1 : 0;
    return this.#silentChecks;
  }

  /** Closes the connection at once. Requests that have not begun never will. */
  close(): void {
    this.#total.waiting -= this.waiting;
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #begin(incoming: IncomingMessage, response: ServerResponse): void {
    this.#current = response;
    response.on('close', this.#next);
    this.#answer(incoming, response, this.waiting === 0);
  }

  /** The response was sent, or the connection was lost. */
  readonly #next = (): void => {
    this.#current = undefined;
    this.#hasAnswered = true;
    const next = this.#socket.destroyed ? undefined : this.#waiting?.shift();
    if (next === undefined) return;
    this.#total.waiting--;
    this.#begin(...next);
    if (this.waiting === 0) this.#socket.resume();
  };

  /** While requests wait, no more are read. Node resumes the socket after each request that it has parsed. */
  #queue(): (readonly [IncomingMessage, ServerResponse])[] {
    if (this.#waiting === undefined) {
      this.#waiting = [];
      this.#socket.on('resume', () => {
        if (this.waiting > 0) this.#socket.pause();
      });
    }
    return this.#waiting;
  }
}
