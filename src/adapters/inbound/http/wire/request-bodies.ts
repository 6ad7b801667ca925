import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import { type Millis, SECOND } from '#domain/time/time';
import { Body } from './admission/body.ts';
import { BodyGate } from './admission/body-gate.ts';
import type { BodyPass, DropReason } from './admission/body-pass.ts';
import { GATE_LIMITS, type GateLimits } from './admission/gate-limits.ts';
import { MAX_BATCH } from './batch-text.ts';
import { callerOf } from './client/caller.ts';
import { bodyTooLarge, inflate } from './inflate.ts';
import { crowdedOut, Refusal } from './problem.ts';
import { incomingOf, requestHeaders } from './request-headers.ts';

/** Assumed ratio of inflated to compressed size: about what gzip achieves on telemetry. */
const TYPICAL_INFLATION = 16;
/** A large body that was refused is still received for this long: many clients read their answer only after sending. */
const DISCARD_TIMEOUT: Millis = 30 * SECOND;
/** Beyond this size a body is received one chunk per turn of the event loop: Node reads up to 2 MiB at once. */
const PACED_FROM_BYTES = 1024 * 1024;
/** A body that declares more is large. */
const LARGE_BODY_BYTES = 64 * 1024;

export interface ReadOptions {
  /** Maximum bytes of the body, as sent and as inflated, if that is less than the limit of all bodies. */
  readonly limit?: number;
  /** The queue that the readings of the body go to. Without room in it the request is refused. */
  readonly queue?: IngestCapacity;
}

/** The only way to read the body of a request: every body passes the same gate and has a limit. */
export class RequestBodies {
  readonly #limit: number;
  readonly #gate: BodyGate;

  /** `limit`: maximum bytes of a body, as sent and as inflated. */
  constructor(limit: number, gateLimits: Partial<GateLimits> = {}) {
    this.#limit = limit;
    // Two bodies that are slow must have room, however large they may be.
    const slowBytes = Math.max(GATE_LIMITS.slowBytes, 2 * limit);
    this.#gate = new BodyGate(MAX_BATCH, { slowBytes, ...gateLimits });
  }

  /**
   * Reads the body, inflated if it is compressed, and passes it to `answer`; it keeps its room until that has resolved.
   * Resolves with `undefined` if there is no room for it, in most cases before any of it is read. Holds at most the
   * limit, and does not read a body that declares more. Throws `Refusal`; also when the body stalls.
   */
  async read(
    c: Context,
    { limit = this.#limit, queue }: ReadOptions,
    answer: (body: Body) => Response | Promise<Response>,
  ): Promise<Response | undefined> {
    const headers = requestHeaders(c);
    const isGzip = isCompressed(headers);
    const max = Math.min(limit, this.#limit);
    const declared = Number(headers['content-length'] ?? 0);
    const expectedBytes = isGzip ? Math.min(max, declared * TYPICAL_INFLATION) : declared;
    const incoming = incomingOf(c);
    const { address } = callerOf(c);
    const pass = declared > max ? undefined : this.#gate.enter({ expectedBytes, address, queue });
    if (pass === undefined) {
      if (incoming !== undefined) discardLargeBody(incoming);
      if (declared > max) throw bodyTooLarge(max);
      return undefined;
    }
    try {
      const sent = await (incoming ? socketBody(incoming, pass, max) : streamBody(c.req.raw, pass, max));
      const body = isGzip ? await inflated(sent, pass, max) : sent;
      if (queue !== undefined && this.#gate.isQueueFull(queue, pass.client, body.byteLength)) return undefined;
      return await answer(body);
    } finally {
      pass.leave();
    }
  }
}

function isCompressed({ 'content-encoding': header = '' }: IncomingHttpHeaders): boolean {
  const encoding = header.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new Refusal('unsupported-encoding', 'Content-Encoding must be gzip or absent.');
}

async function inflated(sent: Body, pass: BodyPass, limit: number): Promise<Body> {
  const bytes = await inflate(sent.bytes(), limit);
  pass.charge(bytes.byteLength);
  return Body.of(bytes);
}

/** Adds a chunk to the body. Throws if the body becomes too large or there is no room for it. */
function take(body: Body, chunk: Uint8Array, pass: BodyPass, limit: number): void {
  const length = body.byteLength + chunk.byteLength;
  if (length > limit) throw bodyTooLarge(limit);
  pass.charge(length);
  body.add(chunk);
}

const NO_BODY = new Body();

/** Reads a body from its socket, without the copy that a `Request` makes. When it is refused, the rest is discarded. */
function socketBody(incoming: IncomingMessage, pass: BodyPass, limit: number): Promise<Body> {
  const { promise, resolve, reject } = Promise.withResolvers<Body>();
  let body = new Body();
  const onData = (chunk: Buffer) => {
    try {
      take(body, chunk, pass, limit);
      if (body.byteLength > PACED_FROM_BYTES) pauseForTurn(incoming);
    } catch (error) {
      refuse(error);
    }
  };
  const refuse = (error: unknown) => {
    incoming.off('data', onData);
    discard(incoming);
    reject(error);
  };
  const onClose = () => {
    if (!incoming.readableEnded) reject(cutShort(incoming.errored));
  };
  pass.onDrop = (reason) => refuse(dropped(reason));
  incoming.on('data', onData);
  incoming.on('end', () => {
    pass.complete();
    resolve(body);
    body = NO_BODY; // these listeners may outlive the request in the old generation, and would keep its bytes
  });
  incoming.on('close', onClose);
  if (incoming.destroyed) onClose();
  return promise;
}

/** Lets a client that is refused finish sending a large body. Node itself receives what is left of a small one. */
export function discardLargeBody(incoming: IncomingMessage): void {
  const { 'content-length': declared = '0', 'transfer-encoding': encoding } = incoming.headers;
  if (Number(declared) > LARGE_BODY_BYTES || encoding !== undefined) discard(incoming);
}

/** Receives the rest of a body and forgets it. */
function discard(incoming: IncomingMessage): void {
  incoming.on('data', () => pauseForTurn(incoming));
  const timeout = setTimeout(() => incoming.destroy(), DISCARD_TIMEOUT).unref();
  incoming.once('close', () => clearTimeout(timeout));
}

/** Lets the event loop serve others before the next chunk. */
function pauseForTurn(incoming: IncomingMessage): void {
  incoming.pause();
  setImmediate(() => incoming.resume());
}

/** Reads the body of a request without a socket, such as one made by hono's `app.request`. */
async function streamBody(request: Request, pass: BodyPass, limit: number): Promise<Body> {
  const body = new Body();
  const reader = request.body?.getReader();
  const refused = Promise.withResolvers<never>();
  pass.onDrop = (reason) => refused.reject(dropped(reason));
  try {
    for (;;) {
      const { value } = (await Promise.race([reader?.read(), refused.promise])) ?? {};
      if (value === undefined) break;
      take(body, value, pass, limit);
    }
  } catch (error) {
    void reader?.cancel(error).catch(() => {});
    throw error;
  }
  pass.complete();
  return body;
}

function dropped(reason: DropReason): Refusal {
  if (reason === 'crowded-out') return crowdedOut();
  return new Refusal('request-timeout', 'The body stalled, or arrived too slowly.', {
    headers: { Connection: 'close' },
  });
}

/** The client left while sending: it will not read this answer, and no one needs to act. */
function cutShort(cause: Error | null): Refusal {
  return new Refusal('malformed-json', 'The body ended early.', { cause });
}
