import type { AcceptedTime } from '#domain/reading/accepted-time';
import type { Reading } from '#domain/reading/reading';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { MAX_BATCH } from '../../wire/batch-text.ts';
import type { JsonFormat } from '../../wire/body-format.ts';
import { KnownIds } from './known-ids.ts';
import { KnownLayouts } from './known-layouts.ts';
import { streamFields } from './reading-layout.ts';
import { ValueScanner } from './value-scanner.ts';

/** The valid readings of a body, received at `now`, straight from its bytes; `undefined` if anything is unusual. */
export type QuickItems = (
  body: Uint8Array,
  format: JsonFormat,
  now: EpochMillis,
) => { readonly single: Reading } | { readonly batch: readonly Reading[] } | undefined;

export interface QuickItemsOptions {
  readonly definitions?: readonly StreamDefinition[];
  /** At most one layout is learned per this many bytes received. */
  readonly learningCostBytes?: number;
}

/** A full batch, printed over many lines. Larger bodies are read in slices, so that they do not hold the event loop. */
const MAX_QUICK_BYTES = 2 * 1024 * 1024;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE, COMMA] = [9, 10, 13, 32, 44] as const;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT] = [91, 93, 123] as const;

/** Returned instead of the start of the next reading. */
const END = -1;
const BROKEN = -2;

/**
 * The hot path. Devices write alike, so the first object of a new layout is split into values and the bytes between
 * them; in later objects those bytes are compared and the values read in place, without strings or objects between the
 * body and its readings. Faults, and forms that are valid but rare, are left to `readingParser`; a property test checks
 * that the two agree.
 */
export function quickItems(
  acceptedTime: AcceptedTime,
  { definitions = Object.values(streams), ...learning }: QuickItemsOptions = {},
): QuickItems {
  const fields = definitions.map((stream) => streamFields(stream, acceptedTime));
  const values = new ValueScanner(Math.max(...fields.map(({ places }) => places.size)), new KnownIds());
  const inJson = new KnownLayouts(fields, { isLines: false, ...learning });
  const inLines = new KnownLayouts(fields, { isLines: true, ...learning });

  const one = (at: number, now: EpochMillis) => {
    const single = inJson.read(values, at, now);
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
      const reading = layouts.read(values, at, now);
      if (reading === undefined) return undefined;
      batch.push(reading);
      at = next(values.bytes, values.at);
      if (at === END) return { batch };
    }
    return undefined;
  };

  return (body, format, now) => {
    if (body.byteLength > MAX_QUICK_BYTES) return undefined;
    const layouts = format === 'ndjson' ? inLines : inJson;
    layouts.addBudget(body.byteLength);
    values.bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const start = afterSpace(body, 0);
    if (format === 'ndjson') return many(start, layouts, nextLine, now);
    if (body[start] === OPEN_OBJECT) return one(start, now);
    return body[start] === OPEN_ARRAY ? many(afterSpace(body, start + 1), layouts, nextElement, now) : undefined;
  };
}

/** Where the element after the one that ends at `end` begins. */
function nextElement(bytes: Uint8Array, end: number): number {
  const at = afterSpace(bytes, end);
  if (bytes[at] === COMMA) return afterSpace(bytes, at + 1);
  return bytes[at] === CLOSE_ARRAY && afterSpace(bytes, at + 1) === bytes.length ? END : BROKEN;
}

/** Where the next line that is not empty begins, after an object that ends at `end`. */
function nextLine(bytes: Uint8Array, end: number): number {
  let at = end;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN) at++;
  if (at < bytes.length && bytes[at] !== LINE_FEED) return BROKEN;
  const next = afterSpace(bytes, at);
  return next === bytes.length ? END : next;
}

/** The first byte at or after `from` that is not JSON white space. */
function afterSpace(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
  }
}
