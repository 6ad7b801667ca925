import { type AcceptedTime, acceptedTimeFault } from '#domain/reading/accepted-time';
import type { Reading } from '#domain/reading/reading';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { MAX_BATCH } from '../../wire/batch-text.ts';
import type { JsonFormat } from '../../wire/request-body.ts';
import { KnownIds } from './known-ids.ts';
import { KnownLayouts } from './known-layouts.ts';
import { streamFields } from './reading-layout.ts';
import { ValueScanner } from './value-scanner.ts';

/** What a body carries straight from its bytes, received at `now`; nothing when anything about it is unusual. */
export type QuickItems = (
  body: Uint8Array,
  format: JsonFormat,
  now: EpochMillis,
) => { readonly single: Reading } | { readonly batch: readonly Reading[] } | undefined;

export interface QuickItemsOptions {
  readonly definitions?: readonly StreamDefinition[];
  /** How readings are written is learned once for so many bytes. */
  readonly learningBytes?: number;
}

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE, COMMA] = [9, 10, 13, 32, 44] as const;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT] = [91, 93, 123] as const;

/** What there may be instead of where the next reading begins. */
const END = -1;
const BROKEN = -2;

/**
 * The hot path. One device is written like the next, so an object that is written in a new way is taken apart into the
 * bytes around its values and the values; of every other one these bytes are compared, and the values are read in place.
 * Between the bytes and the readings there are no strings and no objects. It says nothing about faults, nor about what
 * is valid but rare: `readingParser` does, and a property test holds the two to the same answer.
 */
export function quickItems(
  acceptedTime: AcceptedTime,
  { definitions = Object.values(streams), ...learning }: QuickItemsOptions = {},
): QuickItems {
  const fields = definitions.map(streamFields);
  const values = new ValueScanner(Math.max(...fields.map(({ places }) => places.size)), new KnownIds());
  const inJson = new KnownLayouts(fields, { isLines: false, ...learning });
  const inLines = new KnownLayouts(fields, { isLines: true, ...learning });

  const accepted = (reading: Reading | undefined, now: EpochMillis) =>
    reading && acceptedTimeFault(reading.timestamp, now, acceptedTime) === undefined ? reading : undefined;

  const one = (at: number, now: EpochMillis) => {
    const single = accepted(inJson.read(values, at, now), now);
    return single && afterSpace(values.bytes, values.at) === values.bytes.length ? { single } : undefined;
  };

  const many = (
    first: number,
    layouts: KnownLayouts,
    next: (bytes: Uint8Array, end: number) => number,
    now: EpochMillis,
  ) => {
    const batch: Reading[] = [];
    let at = first;
    while (at !== BROKEN && batch.length < MAX_BATCH) {
      const reading = accepted(layouts.read(values, at, now), now);
      if (reading === undefined) return undefined;
      batch.push(reading);
      at = next(values.bytes, values.at);
      if (at === END) return { batch };
    }
    return undefined;
  };

  return (body, format, now) => {
    const layouts = format === 'ndjson' ? inLines : inJson;
    layouts.arrived(body.byteLength);
    values.bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const start = afterSpace(body, 0);
    if (format === 'ndjson') return many(start, layouts, nextLine, now);
    if (body[start] === OPEN_OBJECT) return one(start, now);
    return body[start] === OPEN_ARRAY ? many(afterSpace(body, start + 1), layouts, nextElement, now) : undefined;
  };
}

/** Where the element behind the one that ends at `end` begins. */
function nextElement(bytes: Uint8Array, end: number): number {
  const at = afterSpace(bytes, end);
  if (bytes[at] === COMMA) return afterSpace(bytes, at + 1);
  return bytes[at] === CLOSE_ARRAY && afterSpace(bytes, at + 1) === bytes.length ? END : BROKEN;
}

/** Where the line that is not empty behind the one whose object ends at `end` begins. */
function nextLine(bytes: Uint8Array, end: number): number {
  let at = end;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN) at++;
  if (at < bytes.length && bytes[at] !== LINE_FEED) return BROKEN;
  const next = afterSpace(bytes, at);
  return next === bytes.length ? END : next;
}

/** The first byte from `at` on that is not JSON's white space. */
function afterSpace(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
  }
}
