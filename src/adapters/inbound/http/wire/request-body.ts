import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context } from 'hono';
import { Refusal } from './problem.ts';
import { incomingOf, requestHeaders } from './request-headers.ts';
import { Turns } from './turns.ts';

/** Bodies inflated at once: each may grow to the limit before it can be charged, and there are as many threads for it. */
const INFLATED_AT_ONCE = 4;

const MEDIA_TYPES = { json: 'application/json', ndjson: 'application/x-ndjson', csv: 'text/csv' } as const;

export type BodyFormat = keyof typeof MEDIA_TYPES;
export type JsonFormat = Exclude<BodyFormat, 'csv'>;

/** The format that `Content-Type` declares. Throws `Refusal` unless it is one of `accepted`. */
export function bodyFormat<Format extends BodyFormat>(
  headers: IncomingHttpHeaders,
  accepted: readonly Format[],
): Format {
  const mediaType = mediaTypeOf(headers);
  const format = accepted.find((one) => MEDIA_TYPES[one] === mediaType);
  if (format !== undefined) return format;
  const mediaTypes = accepted.map((one) => MEDIA_TYPES[one]);
  throw new Refusal('unsupported-media-type', `Content-Type must be ${mediaTypes.join(' or ')}.`);
}

/** The media type without its parameters. Text is UTF-8; another charset is refused rather than misread. */
function mediaTypeOf({ 'content-type': header = '' }: IncomingHttpHeaders): string {
  if (header === 'application/json') return header;
  const [mediaType = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  for (const parameter of parameters) {
    if (parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter)) {
      throw new Refusal('unsupported-media-type', 'The body must be UTF-8.');
    }
  }
  return mediaType;
}

/** Bodies up to this size are put together in memory that serves one after another. */
const LENT_BYTES = 1024 * 1024;
const lent = Buffer.allocUnsafeSlow(LENT_BYTES);

/** A body in the pieces in which it arrived. */
export class Body {
  readonly byteLength: number;
  readonly #pieces: readonly Uint8Array[];

  constructor(pieces: readonly Uint8Array[], byteLength: number) {
    this.#pieces = pieces;
    this.byteLength = byteLength;
  }

  /** In one piece. */
  whole(): Uint8Array {
    const [first = EMPTY] = this.#pieces;
    return this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.byteLength) : first;
  }

  /**
   * In one piece, for a `read` that is done with the bytes when it returns: afterwards others stand in their place. With
   * memory of its own for every body, batches of 1,000 take a tenth more CPU, most of it for collecting garbage.
   */
  lend<T>(read: (bytes: Uint8Array) => T): T {
    if (this.#pieces.length < 2 || this.byteLength > LENT_BYTES) return read(this.whole());
    let end = 0;
    for (const piece of this.#pieces) {
      lent.set(piece, end);
      end += piece.byteLength;
    }
    return read(lent.subarray(0, end));
  }
}

const EMPTY = new Uint8Array();

/**
 * Reads the body. Never holds more than `limit` bytes of it, neither as sent nor inflated, and does not begin to read
 * one that declares itself larger. `arrived` is told how much of it is there, in the end inflated, and may throw.
 */
export async function requestBody(
  c: Context,
  limit: number,
  arrived: (bytes: number) => void = () => {},
): Promise<Body> {
  const headers = requestHeaders(c);
  const compressed = isCompressed(headers);
  if (Number(headers['content-length']) > limit) throw tooLarge(limit);
  const check = (length: number) => {
    if (length > limit) throw tooLarge(limit);
    arrived(length);
  };
  const incoming = incomingOf(c);
  const sent = await (incoming ? socketBytes(incoming, check) : streamBytes(c.req.raw, check));
  if (!compressed) return sent;
  const inflated = await inflations.take(() => inflate(sent.whole(), limit));
  arrived(inflated.byteLength);
  return new Body([inflated], inflated.byteLength);
}

function isCompressed({ 'content-encoding': header = '' }: IncomingHttpHeaders): boolean {
  const encoding = header.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new Refusal('unsupported-encoding', 'Content-Encoding must be gzip, or there must be none.');
}

/**
 * A body that comes from a socket, without the copy that a `Request` would make of it. When `check` throws, the rest is
 * discarded: a client that may finish sending gets to read its answer, and the server itself ends a connection that goes
 * on for long after it.
 */
function socketBytes(incoming: IncomingMessage, check: (length: number) => void): Promise<Body> {
  const { promise, resolve, reject } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer) => {
    length += chunk.length;
    try {
      check(length);
      chunks.push(chunk);
    } catch (error) {
      incoming.off('data', take);
      incoming.resume();
      reject(error);
    }
  };
  const closed = () => {
    if (!incoming.readableEnded) reject(cutShort(incoming.errored));
  };
  incoming.on('data', take);
  incoming.on('end', () => resolve(new Body(chunks, length)));
  incoming.on('close', closed);
  if (incoming.destroyed) closed();
  return promise;
}

/** The same without a socket, as when hono's `app.request` makes the request. */
async function streamBytes(request: Request, check: (length: number) => void): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    check(length);
    chunks.push(chunk);
  }
  return new Body(chunks, length);
}

const inflateWithin = promisify(gunzip);
const inflations = new Turns(INFLATED_AT_ONCE);

/** What `info` makes of the result: `bytesWritten` is how much of the compressed bytes was used. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

async function inflate(sent: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    const { buffer, engine } = (await inflateWithin(sent, {
      maxOutputLength: limit,
      info: true,
    })) as unknown as Inflated;
    // zlib takes a zero for padding and stops there, so that members behind it would be lost without a word.
    if (sent.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw new Error('more follows the padding');
    return buffer;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new Refusal('malformed-gzip', 'The body is not the gzip stream that Content-Encoding says it is.', { cause });
  }
}

function tooLarge(limit: number): Refusal {
  return new Refusal('body-too-large', `The body is larger than ${limit} bytes, as sent or inflated.`);
}

/** The client went away while sending: it will not read this, and nobody has to act. */
function cutShort(cause: Error | null): Refusal {
  return new Refusal('malformed-json', 'The body ended before it was complete.', { cause });
}
