import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal } from './problem.ts';
import { Turns } from './turns.ts';

/**
 * A body that declares at most this much is read in one go, the quickest way, and charged then; a larger one piece by
 * piece. The gate lets 128 of them in before they are charged: 64 MiB at worst.
 */
const READ_AT_ONCE = 512 * 1024;
/** Bodies inflated at once: each may grow to the limit before it can be charged, and there are as many threads for it. */
const INFLATED_AT_ONCE = 4;

export type IngestFormat = 'json' | 'ndjson';

/** What the body claims to be. */
export function ingestFormat(request: Request): IngestFormat {
  switch (mediaTypeOf(request)) {
    case 'application/json':
      return 'json';
    case 'application/x-ndjson':
      return 'ndjson';
    default:
      throw new Refusal('unsupported-media-type', 'Content-Type must be application/json or application/x-ndjson.');
  }
}

/** The media type without its parameters. Text is UTF-8; another charset is refused rather than misread. */
export function mediaTypeOf(request: Request): string {
  const header = request.headers.get('content-type') ?? '';
  if (header === 'application/json') return header;
  const [mediaType = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  for (const parameter of parameters) {
    if (parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter)) {
      throw new Refusal('unsupported-media-type', 'The body must be UTF-8.');
    }
  }
  return mediaType;
}

/**
 * Reads the body. Never holds more than `limit` bytes of it, neither as sent nor inflated, and does not begin to read
 * one that declares itself larger. `arrived` is told how much of it is there, in the end inflated, and may throw.
 */
export async function ingestBody(
  request: Request,
  limit: number,
  arrived: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const compressed = isCompressed(request);
  const sent = await sentBytes(request, limit, arrived);
  if (!compressed) return sent;
  const inflated = await inflations.take(() => inflate(sent, limit));
  arrived(inflated.byteLength);
  return inflated;
}

function isCompressed(request: Request): boolean {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new Refusal('unsupported-encoding', 'Content-Encoding must be gzip, or there must be none.');
}

async function sentBytes(request: Request, limit: number, arrived: (bytes: number) => void): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (Number(declared) > limit) throw tooLarge(limit);
  if (declared === null || Number(declared) > READ_AT_ONCE) return streamedBytes(request, limit, arrived);
  const bytes = new Uint8Array(await request.arrayBuffer().catch(cutShort));
  if (bytes.byteLength > limit) throw tooLarge(limit);
  arrived(bytes.byteLength);
  return bytes;
}

/** A body that is large or of unknown length, counted while it arrives. */
async function streamedBytes(request: Request, limit: number, arrived: (bytes: number) => void): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(cutShort);
    if (done) return Buffer.concat(chunks, length);
    length += value.byteLength;
    if (length > limit) {
      void discard(reader);
      throw tooLarge(limit);
    }
    try {
      arrived(length);
    } catch (error) {
      void discard(reader);
      throw error;
    }
    chunks.push(value);
  }
}

/**
 * Lets a client finish sending so that it gets to read its answer: cancelling would cut the connection under it. The
 * server itself ends a connection that goes on for long after the answer.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // the client left, or was cut off: nothing more to discard
  }
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
function cutShort(cause: unknown): never {
  throw new Refusal('malformed-json', 'The body ended before it was complete.', { cause });
}
