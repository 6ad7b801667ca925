import { type AcceptedTime, acceptedTimeFault } from '#domain/accepted-time';
import type { Reading } from '#domain/reading';
import type { StreamDefinition } from '#domain/stream';
import { streams } from '#domain/streams';
import type { EpochMillis } from '#domain/time';
import { MAX_BATCH } from './batch-text.ts';
import type { IngestFormat } from './ingest-body.ts';
import { KnownIds } from './known-ids.ts';
import { learnLayout, type ReadingLayout, streamFields } from './reading-layout.ts';
import { ValueScanner } from './value-scanner.ts';

/** The readings of a batch straight from its bytes, received at `now`; nothing when anything about it is unusual. */
export type QuickBatch = (body: Uint8Array, format: IngestFormat, now: EpochMillis) => readonly Reading[] | undefined;

/** Most layouts of one body: as many are tried for each of its readings. */
const MOST_LAYOUTS = 4;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE, COMMA, OPEN, CLOSE] = [9, 10, 13, 32, 44, 91, 93] as const;

/** What there may be instead of where the next reading begins. */
const END = -1;
const BROKEN = -2;

/**
 * The hot path of batches. One device is written like the next, so the first object of a kind is taken apart into the
 * bytes around its values and the values; of every other one these bytes are compared, and the values are read in place.
 * Between the bytes and the readings there are no strings and no objects. It says nothing about faults, nor about what
 * is valid but rare: `readingParser` does, and a property test holds the two to the same answer.
 */
export function quickBatch(
  acceptedTime: AcceptedTime,
  definitions: readonly StreamDefinition[] = Object.values(streams),
): QuickBatch {
  const fields = definitions.map(streamFields);
  const places = Math.max(...fields.map((stream) => stream.places.size));
  const knownIds = new KnownIds();

  return (body, format, now) => {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const isLines = format === 'ndjson';
    let at = isLines ? afterSpace(bytes, 0) : firstElement(bytes);
    if (at === BROKEN) return undefined;

    const values = new ValueScanner(bytes, places, knownIds);
    const layouts: ReadingLayout[] = [];
    const readings: Reading[] = [];
    while (readings.length < MAX_BATCH) {
      let reading: Reading | undefined;
      for (let index = 0; reading === undefined && index < layouts.length; index++) {
        reading = (layouts[index] as ReadingLayout).read(values, at, now);
      }
      if (reading === undefined && layouts.length < MOST_LAYOUTS) {
        const layout = learnLayout(bytes, at, fields);
        if (layout === undefined || (isLines && layout.around.includes(LINE_FEED))) return undefined;
        layouts.push(layout);
        reading = layout.read(values, at, now);
      }
      if (reading === undefined || acceptedTimeFault(reading.timestamp, now, acceptedTime)) return undefined;
      readings.push(reading);
      at = isLines ? nextLine(bytes, values.at) : nextElement(bytes, values.at);
      if (at === END) return readings;
      if (at === BROKEN) return undefined;
    }
    return undefined;
  };
}

function firstElement(bytes: Buffer): number {
  const at = afterSpace(bytes, 0);
  return bytes[at] === OPEN ? afterSpace(bytes, at + 1) : BROKEN;
}

/** Where the element behind the one that ends at `end` begins. */
function nextElement(bytes: Buffer, end: number): number {
  const at = afterSpace(bytes, end);
  if (bytes[at] === COMMA) return afterSpace(bytes, at + 1);
  return bytes[at] === CLOSE && afterSpace(bytes, at + 1) === bytes.length ? END : BROKEN;
}

/** Where the line that is not empty behind the one whose object ends at `end` begins. */
function nextLine(bytes: Buffer, end: number): number {
  let at = end;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN) at++;
  if (at < bytes.length && bytes[at] !== LINE_FEED) return BROKEN;
  const next = afterSpace(bytes, at);
  return next === bytes.length ? END : next;
}

/** The first byte from `at` on that is not JSON's white space. */
function afterSpace(bytes: Buffer, from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
  }
}
