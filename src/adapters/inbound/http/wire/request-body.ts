import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context } from 'hono';
import pLimit from 'p-limit';
import { alternatives, Refusal } from './problem.ts';
import { incomingOf, requestHeaders } from './request-headers.ts';

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
  const mediaTypes = alternatives.format(accepted.map((one) => MEDIA_TYPES[one]));
  throw new Refusal('unsupported-media-type', `Content-Type must be ${mediaTypes}.`);
}

/** The media type without its parameters. Text is UTF-8; any other charset is refused rather than misread. */
function mediaTypeOf({ 'content-type': header = '' }: IncomingHttpHeaders): string {
  if (header === 'application/json') return header;
  const [mediaType = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  for (const parameter of parameters) {
    if (parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter)) {
      throw new Refusal('unsupported-media-type', 'The charset must be UTF-8.');
    }
  }
  return mediaType;
}

/** Bodies up to this size are joined in one buffer that is reused. */
const SHARED_BUFFER_BYTES = 1024 * 1024;
const sharedBuffer = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);
const EMPTY = new Uint8Array();

/** A body, in the chunks in which it arrived. */
export class Body {
  readonly byteLength: number;
  readonly #chunks: readonly Uint8Array[];

  constructor(chunks: readonly Uint8Array[], byteLength: number) {
    this.#chunks = chunks;
    this.byteLength = byteLength;
  }

  bytes(): Uint8Array {
    const [first = EMPTY] = this.#chunks;
    return this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.byteLength) : first;
  }

  /**
   * Passes all bytes in one array to `read`, which must not keep a reference: the buffer is reused. A buffer of its own
   * for each body costs large batches a tenth more CPU, mostly in garbage collection.
   */
  withBytes<T>(read: (bytes: Uint8Array) => T): T {
    if (this.#chunks.length < 2 || this.byteLength > SHARED_BUFFER_BYTES) return read(this.bytes());
    let end = 0;
    for (const chunk of this.#chunks) {
      sharedBuffer.set(chunk, end);
      end += chunk.byteLength;
    }
    return read(sharedBuffer.subarray(0, end));
  }
}

/**
 * Reads the body, inflated if it is compressed. Holds at most `limit` bytes of it, as sent and as inflated, and does not
 * read a body that declares more. `onBytes` is called with the size read so far, at last the inflated size, and may
 * throw to refuse the rest. Throws `Refusal`.
 */
export async function requestBody(
  c: Context,
  limit: number,
  onBytes: (bytes: number) => void = () => {},
): Promise<Body> {
  const headers = requestHeaders(c);
  const compressed = isCompressed(headers);
  if (Number(headers['content-length']) > limit) throw tooLarge(limit);
  const check = (length: number) => {
    if (length > limit) throw tooLarge(limit);
    onBytes(length);
  };
  const incoming = incomingOf(c);
  const sent = await (incoming ? socketBody(incoming, check) : streamBody(c.req.raw, check));
  if (!compressed) return sent;
  const inflated = await inflations(() => inflate(sent.bytes(), limit));
  onBytes(inflated.byteLength);
  return new Body([inflated], inflated.byteLength);
}

function isCompressed({ 'content-encoding': header = '' }: IncomingHttpHeaders): boolean {
  const encoding = header.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new Refusal('unsupported-encoding', 'Content-Encoding must be gzip or absent.');
}

/**
 * Reads a body from its socket, without the copy that a `Request` makes. When `check` throws, the rest is discarded: a
 * client that finishes sending can read its answer, and the server closes a connection that goes on for long after it.
 */
function socketBody(incoming: IncomingMessage, check: (length: number) => void): Promise<Body> {
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

/** Reads the body of a request without a socket, such as one made by hono's `app.request`. */
async function streamBody(request: Request, check: (length: number) => void): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    check(length);
    chunks.push(chunk);
  }
  return new Body(chunks, length);
}

/** An inflated body may reach the limit before it is charged. Node has four threads for zlib, so more would only wait. */
const MAX_CONCURRENT_INFLATIONS = 4;
const inflations = pLimit(MAX_CONCURRENT_INFLATIONS);
const inflateWithin = promisify(gunzip);

/** The result with `info: true`; `bytesWritten` is how many of the compressed bytes were consumed. */
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
    // zlib takes a zero byte for padding and stops: members after it would be lost silently.
    if (sent.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw new Error('data after the padding');
    return buffer;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new Refusal('malformed-gzip', 'The body is not valid gzip.', { cause });
  }
}

function tooLarge(limit: number): Refusal {
  return new Refusal('body-too-large', `The body exceeds ${limit} bytes, as sent or inflated.`);
}

/** The client left while sending: it will not read this answer, and no one needs to act. */
function cutShort(cause: Error | null): Refusal {
  return new Refusal('malformed-json', 'The body ended early.', { cause });
}
