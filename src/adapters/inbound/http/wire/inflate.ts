import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import pLimit from 'p-limit';
import { Refusal } from './problem.ts';

/** An inflated body may reach the limit before it is charged. Node has four threads for zlib, so more would only wait. */
const MAX_CONCURRENT_INFLATIONS = 4;
const inflations = pLimit(MAX_CONCURRENT_INFLATIONS);
const inflateWithin = promisify(gunzip);

/** The result with `info: true`; `bytesWritten` is how many of the compressed bytes were consumed. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Inflates gzip to at most `limit` bytes. Throws `Refusal`. */
export function inflate(sent: Uint8Array, limit: number): Promise<Uint8Array> {
  return inflations(() => inflateNow(sent, limit));
}

async function inflateNow(sent: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    const { buffer, engine } = (await inflateWithin(sent, {
      maxOutputLength: limit,
      info: true,
    })) as unknown as Inflated;
    // zlib takes a zero byte for padding and stops: members after it would be lost silently.
    if (!isZero(sent.subarray(engine.bytesWritten))) throw new Error('data after the padding');
    return buffer;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(limit);
    throw new Refusal('malformed-gzip', 'The body is not valid gzip.', { cause });
  }
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Compares many bytes at once: a callback for each would take a tenth of a second for a large body. */
function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const some = bytes.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(some, 0, some.length, 0, some.length) !== 0) return false;
  }
  return true;
}

export function bodyTooLarge(limit: number): Refusal {
  return new Refusal('body-too-large', `The body exceeds ${limit} bytes, as sent or inflated.`);
}
