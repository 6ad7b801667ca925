import type { AcceptedTime } from '#domain/reading/accepted-time';
import type { Reading } from '#domain/reading/reading';
import { ENERGY, type ReadingMaker, readingMaker, TIME } from '#domain/reading/reading-maker';
import { numberFields, type StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';
import type { ValueScanner } from './value-scanner.ts';

/** Places of the values that are no numbers of the stream: the device id, a time as text, an unknown member. */
const ID = -1;
const TIME_TEXT = -2;
const UNKNOWN = -3;

/** Longer objects are not learned. */
const MAX_OBJECT_BYTES = 1_024;

/**
 * A member up to its value, its name, and the white space after the value. A name with an escape does not match, nor
 * does a nested value. Whether a value is valid is left to the scanner.
 */
const MEMBER =
  /([{,][ \t\r\n]*"([ !#-[\]-\uffff]*)"[ \t\r\n]*:[ \t\r\n]*)(?:(")(?:[^"\\]|\\.)*"|[-+.\w]+)([ \t\r\n]*)/y;

interface Member {
  readonly name: string;
  readonly before: string;
  readonly isText: boolean;
  readonly after: string;
}

type MakeReading = ReadingMaker['fromNumbers'];

/** The fields of a stream on the wire with the places of their values, and how to make a reading of these. */
export interface StreamFields {
  readonly idField: string;
  readonly places: ReadonlyMap<string, number>;
  readonly make: MakeReading;
}

export function streamFields(stream: StreamDefinition, acceptedTime: AcceptedTime): StreamFields {
  const { idField } = stream;
  const places = new Map([
    [idField, ID],
    ['timestamp', TIME],
  ]);
  for (const [index, { name }] of numberFields(stream).entries()) places.set(name, ENERGY + index);
  return { idField, places, make: readingMaker(stream, acceptedTime).fromNumbers };
}

/** How objects of one stream are written: the bytes between their values, and which value goes where. */
export class ReadingLayout {
  /** The bytes that all such objects share: everything except the values, in one piece. */
  readonly fixedBytes: Uint8Array;
  readonly #offsets: readonly number[];
  readonly #places: readonly number[];
  readonly #make: MakeReading;

  /** The value of `places[i]` comes after the first `offsets[i]` of `fixedBytes`. */
  constructor(fixedBytes: Uint8Array, offsets: readonly number[], places: readonly number[], make: MakeReading) {
    this.fixedBytes = fixedBytes;
    this.#offsets = offsets;
    this.#places = places;
    this.#make = make;
  }

  /** The reading at `start` if it has this layout and is valid; `values` is then positioned after it. */
  read(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    const { bytes } = values;
    const { fixedBytes } = this;
    const places = this.#places;
    let deviceId: string | undefined;
    let at = start;
    let matched = 0;
    for (let index = 0; index < places.length; index++) {
      const offset = this.#offsets[index] as number;
      for (; matched < offset; matched++, at++) if (bytes[at] !== fixedBytes[matched]) return undefined;
      values.at = at;
      const place = places[index] as number;
      if (place === ID) {
        deviceId = values.id();
        if (deviceId === undefined) return undefined;
      } else if (place === TIME_TEXT) {
        if (!values.textTime()) return undefined;
      } else if (place === TIME) {
        if (!values.epochTime()) return undefined;
      } else if (place === UNKNOWN) {
        if (!values.unknown()) return undefined;
      } else if (!values.number(place)) return undefined;
      at = values.at;
    }
    for (; matched < fixedBytes.length; matched++, at++) if (bytes[at] !== fixedBytes[matched]) return undefined;
    values.at = at;
    return this.#make(deviceId as string, values.numbers, receivedAt);
  }
}

/**
 * The layout of the flat object at `start` if it has each field of exactly one stream once, in any order; its other
 * members are skipped, whatever their values. Not checked against the object itself: `read` may still refuse it.
 */
export function learnLayout(bytes: Buffer, start: number, streams: readonly StreamFields[]): ReadingLayout | undefined {
  // Bytes that are not UTF-8 become U+FFFD here, so that no name with such bytes matches its own layout.
  const members = membersOf(bytes.toString('utf8', start, Math.min(start + MAX_OBJECT_BYTES, bytes.length)));
  const [stream, other] = streams.filter(({ idField }) => members?.some(({ name }) => name === idField));
  if (members === undefined || stream === undefined || other !== undefined) return undefined;

  const names = new Set(members.map(({ name }) => name));
  if (names.size < members.length) return undefined; // a name given twice is a fault
  const missing = new Set(stream.places.keys());
  const offsets: number[] = [];
  const places: number[] = [];
  let fixed = '';
  for (const { name, before, isText, after } of members) {
    let place = stream.places.get(name) ?? UNKNOWN;
    missing.delete(name);
    if (place === TIME && isText) place = TIME_TEXT;
    const quote = place === ID || place === TIME_TEXT ? '"' : '';
    fixed += before + quote;
    offsets.push(Buffer.byteLength(fixed));
    places.push(place);
    fixed += quote + after;
  }
  return missing.size === 0 ? new ReadingLayout(Buffer.from(`${fixed}}`), offsets, places, stream.make) : undefined;
}

/** The members of the object that `text` begins with, or `undefined` when it is not flat, not whole or not JSON. */
function membersOf(text: string): Member[] | undefined {
  const members: Member[] = [];
  for (let end = 0; text[end] !== '}'; end = MEMBER.lastIndex) {
    MEMBER.lastIndex = end;
    const match = text[end] === (end === 0 ? '{' : ',') ? MEMBER.exec(text) : null;
    if (match === null) return undefined;
    const [, before = '', name = '', quote, after = ''] = match;
    members.push({ name, before, isText: quote !== undefined, after });
  }
  return members;
}
