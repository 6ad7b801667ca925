import { isUtf8 } from 'node:buffer';
import { type Rejected, rejected } from '#domain/reading/ingest-outcome';
import { type EventLoopSlices, inSlices } from './admission/event-loop-slices.ts';
import type { JsonFormat } from './body-format.ts';
import { duplicateMembers, memberCount } from './json/duplicate-members.ts';
import { afterSpace, JsonLimitError, scanJsonValue } from './json/json-scanner.ts';
import { type FormatFaultCode, malformedItem } from './malformed-item.ts';
import { Refusal } from './problem.ts';

/** Items per request: about a megabyte of JSON, so that no request keeps the others waiting for long. */
export const MAX_BATCH = 5_000;
/** What is shown of a text in which JSON ends too early or too late. */
const SHOWN_BYTES = 32;
/** Larger bodies begin with a slice of their own: several may arrive in one turn of the event loop. */
const LARGE_BODY_BYTES = 64 * 1024;
/** White space is skipped this far at once. */
const SPACE_CHUNK_BYTES = 64 * 1024;

const [LINE_FEED, COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT] = [10, 44, 91, 93, 123] as const;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** What a body carries: one item, or a batch in its order. */
export type Items<T> = { readonly single: T } | { readonly batch: readonly T[] };

/** Reads one item from its parsed JSON value. */
type ReadValue<T> = (value: unknown) => T;
type Item<T> = T | Rejected<FormatFaultCode>;

/**
 * Reads the items of a JSON body, one by one, in slices: the event loop is never held, whatever is in the body. Throws
 * `Refusal` if it is not JSON, empty or too large. An item with two members of the same name is rejected alone, and so is
 * a line of NDJSON that is not JSON. `noun` is the plural that problems use.
 */
export function jsonItems<T>(
  body: Uint8Array,
  format: JsonFormat,
  noun: string,
  read: ReadValue<T>,
): Promise<Items<Item<T>>> {
  const bytes = asBuffer(body);
  return inSlices(async (slices) => {
    if (bytes.length > LARGE_BODY_BYTES) await slices.next();
    if (format === 'ndjson') return { batch: await lineItems(bytes, noun, read, slices) };
    const start = await afterAllSpace(bytes, 0, slices);
    if (bytes[start] !== OPEN_ARRAY) return { single: jsonItem(bytes, read) };
    if (!isUtf8(bytes)) throw notUtf8();
    return { batch: await arrayItems(bytes, start + 1, noun, read, slices) };
  });
}

/** Reads a JSON body that is one item. Throws `Refusal` if it is not JSON or too large. */
export function jsonItem<T>(body: Uint8Array, read: ReadValue<T>): Item<T> {
  const bytes = asBuffer(body);
  if (!isUtf8(bytes)) throw notUtf8();
  const start = afterSpace(bytes, 0, bytes.length);
  if (start === bytes.length) throw new Refusal('malformed-json', 'The body is empty.');
  try {
    return wholeItem(bytes, start, bytes.length, read);
  } catch (cause) {
    throw malformed(cause, 'The body');
  }
}

export function checkBatchSize(size: number, noun: string): void {
  if (size === 0) throw new Refusal('empty-batch', `The batch contains no ${noun}.`);
  if (size > MAX_BATCH) throw new Refusal('batch-too-large', `A batch may contain at most ${MAX_BATCH} ${noun}.`);
}

async function arrayItems<T>(
  bytes: Buffer,
  first: number,
  noun: string,
  read: ReadValue<T>,
  slices: EventLoopSlices,
): Promise<Item<T>[]> {
  const items: Item<T>[] = [];
  let at = await afterAllSpace(bytes, first, slices);
  for (let isNext = bytes[at] !== CLOSE_ARRAY; isNext; ) {
    if (slices.isOver) await slices.next();
    checkBatchSize(items.length + 1, noun);
    try {
      const { end, members } = scanJsonValue(bytes, at, bytes.length);
      items.push(itemOf(bytes.toString('utf8', at, end), members, read));
      at = end;
    } catch (cause) {
      throw malformed(cause, `Item ${items.length} of the batch`);
    }
    if (bytes[at] !== COMMA) at = await afterAllSpace(bytes, at, slices);
    isNext = bytes[at] === COMMA;
    // Mostly the next object follows its comma at once.
    if (isNext && bytes[++at] !== OPEN_OBJECT) at = await afterAllSpace(bytes, at, slices);
  }
  if (bytes[at] !== CLOSE_ARRAY || (await afterAllSpace(bytes, at + 1, slices)) < bytes.length) {
    const shown = JSON.stringify(bytes.toString('utf8', at, at + SHOWN_BYTES));
    throw new Refusal(
      'malformed-json',
      `The body is not valid JSON: the array does not end where it should, at ${shown}.`,
    );
  }
  checkBatchSize(items.length, noun);
  return items;
}

/** The items on lines that are not empty; the carriage return of a CRLF is white space to JSON. */
async function lineItems<T>(
  bytes: Buffer,
  noun: string,
  read: ReadValue<T>,
  slices: EventLoopSlices,
): Promise<Item<T>[]> {
  const items: Item<T>[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (slices.isOver) await slices.next();
    const stop = Math.min(bytes.length, at + SPACE_CHUNK_BYTES);
    at = afterSpace(bytes, at, stop);
    if (at === stop) continue;
    if (beginsWithMark(bytes, at)) {
      at += BYTE_ORDER_MARK.length; // each of several files that were joined may begin with one
      continue;
    }
    checkBatchSize(items.length + 1, noun);
    const lineFeed = bytes.indexOf(LINE_FEED, at);
    const end = lineFeed === -1 ? bytes.length : lineFeed;
    items.push(lineItem(bytes, at, end, read));
    at = end;
  }
  checkBatchSize(items.length, noun);
  return items;
}

async function afterAllSpace(bytes: Buffer, from: number, slices: EventLoopSlices): Promise<number> {
  for (let at = from; ; ) {
    const stop = Math.min(bytes.length, at + SPACE_CHUNK_BYTES);
    at = afterSpace(bytes, at, stop);
    if (at < stop || stop === bytes.length) return at;
    if (slices.isOver) await slices.next();
  }
}

function lineItem<T>(bytes: Buffer, start: number, end: number, read: ReadValue<T>): Item<T> {
  if (!isUtf8(bytes.subarray(start, end))) return malformedItem('malformed-json', 'The line is not valid UTF-8.');
  try {
    return wholeItem(bytes, start, end, read);
  } catch (cause) {
    const message = messageOf(cause);
    return malformedItem('malformed-json', cause instanceof JsonLimitError ? `The line ${message}.` : message);
  }
}

/** The item from `start` to `stop`, with nothing but white space after it. */
function wholeItem<T>(bytes: Buffer, start: number, stop: number, read: ReadValue<T>): Item<T> {
  const { end, members } = scanJsonValue(bytes, start, stop);
  const rest = afterSpace(bytes, end, stop);
  // JSON.parse reports what follows the value, and needs no more than its beginning.
  const shownEnd = rest === stop ? end : Math.min(stop, rest + SHOWN_BYTES);
  return itemOf(bytes.toString('utf8', start, shownEnd), members, read);
}

/** `members`: how many were written. JSON.parse keeps the last of those with the same name. */
function itemOf<T>(text: string, members: number, read: ReadValue<T>): Item<T> {
  const value: unknown = JSON.parse(text);
  if (memberCount(value) === members) return read(value);
  return rejected(
    duplicateMembers(text).map((pointer) => ({
      code: 'duplicate-member',
      field: pointer.slice(1),
      detail: 'is given more than once',
    })),
  );
}

function asBuffer(body: Uint8Array): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return beginsWithMark(bytes, 0) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

function beginsWithMark(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === BYTE_ORDER_MARK[0] && bytes[at + 1] === BYTE_ORDER_MARK[1] && bytes[at + 2] === BYTE_ORDER_MARK[2]
  );
}

export function decodedText(body: Uint8Array): string {
  const bytes = asBuffer(body);
  if (!isUtf8(bytes)) throw notUtf8();
  return bytes.toString();
}

function notUtf8(): Refusal {
  return new Refusal('malformed-json', 'The body is not valid UTF-8.');
}

function malformed(cause: unknown, what: string): Refusal {
  const message = messageOf(cause);
  const isLimit = cause instanceof JsonLimitError;
  return new Refusal('malformed-json', isLimit ? `${what} ${message}.` : `${what} is not valid JSON: ${message}.`, {
    cause,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
