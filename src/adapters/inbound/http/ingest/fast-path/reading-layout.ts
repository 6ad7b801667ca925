import type { Reading } from '#domain/reading/reading';
import type { StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';
import { type BuildReading, ENERGY, MEASURED, readingBuilder, TIME } from './reading-builder.ts';
import type { ValueScanner } from './value-scanner.ts';

/** The places of what is text: a device id, or a time that is no number. */
const ID_TEXT = -1;
const TIME_TEXT = -2;

/** Most bytes of an object that a layout is learned from. */
const LONGEST_OBJECT = 1_024;

/** A member up to its value, with its name; the quote when its value is text; the white space behind the value. */
const MEMBER = /([{,][ \t\r\n]*"([^"\\]*)"[ \t\r\n]*:[ \t\r\n]*)(?:[-+.\deE]+|(")[^"\\]*")([ \t\r\n]*)/y;

/** The fields of a stream on the wire with the places of their values, and what is built of these. */
export interface StreamFields {
  readonly idField: string;
  readonly places: ReadonlyMap<string, number>;
  readonly build: BuildReading;
}

export function streamFields(stream: StreamDefinition): StreamFields {
  const { idField, energyField, measured } = stream;
  const places = new Map([
    [idField, ID_TEXT],
    [energyField, ENERGY],
    ['timestamp', TIME],
  ]);
  for (const [index, name] of Object.keys(measured).entries()) places.set(name, MEASURED + index);
  return { idField, places, build: readingBuilder(stream) };
}

/** How objects of one stream are written: the bytes around their values, in one piece, and where which value stands. */
export class ReadingLayout {
  readonly around: Uint8Array;
  readonly #offsets: readonly number[];
  readonly #places: readonly number[];
  readonly #build: BuildReading;

  /** Before the value of `places[i]` there are `offsets[i]` bytes of `around`. */
  constructor(around: Uint8Array, offsets: readonly number[], places: readonly number[], build: BuildReading) {
    this.around = around;
    this.#offsets = offsets;
    this.#places = places;
    this.#build = build;
  }

  /** The reading at `start`, when it is written like this and valid; `values` is behind it then. */
  read(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    const { bytes } = values;
    const { around } = this;
    const places = this.#places;
    let deviceId: string | undefined;
    let at = start;
    let expected = 0;
    for (let index = 0; index < places.length; index++) {
      const offset = this.#offsets[index] as number;
      for (; expected < offset; expected++, at++) if (bytes[at] !== around[expected]) return undefined;
      values.at = at;
      const place = places[index] as number;
      if (place === ID_TEXT) {
        deviceId = values.id();
        if (deviceId === undefined) return undefined;
      } else if (place === TIME_TEXT) {
        if (!values.textTime()) return undefined;
      } else if (place === TIME) {
        if (!values.epochTime()) return undefined;
      } else if (!values.number(place)) return undefined;
      at = values.at;
    }
    for (; expected < around.length; expected++, at++) if (bytes[at] !== around[expected]) return undefined;
    values.at = at;
    return this.#build(deviceId as string, values.numbers, receivedAt);
  }
}

/**
 * The layout of the flat object at `start`, when it holds each field of one stream once, and nothing else. Its values are
 * only told from what is around them: whether they are valid, `read` finds out.
 */
export function learnLayout(bytes: Buffer, start: number, streams: readonly StreamFields[]): ReadingLayout | undefined {
  const text = bytes.toString('latin1', start, Math.min(start + LONGEST_OBJECT, bytes.length));
  const members: { readonly name: string; readonly isText: boolean }[] = [];
  const offsets: number[] = [];
  let around = '';
  for (let end = 0; text[end] !== '}'; end = MEMBER.lastIndex) {
    MEMBER.lastIndex = end;
    const member = text[end] === (end === 0 ? '{' : ',') ? MEMBER.exec(text) : null;
    if (member === null) return undefined;
    const [, before = '', name = '', quote = '', after = ''] = member;
    members.push({ name, isText: quote !== '' });
    around += before + quote;
    offsets.push(around.length);
    around += quote + after;
  }

  const [stream, other] = streams.filter(({ idField }) => members.some(({ name }) => name === idField));
  if (stream === undefined || other !== undefined) return undefined;
  const names = new Set(members.map(({ name }) => name));
  if (members.length !== stream.places.size || names.size !== members.length) return undefined;
  const places: number[] = [];
  for (const { name, isText } of members) {
    const place = stream.places.get(name);
    if (place === TIME && isText) places.push(TIME_TEXT);
    else if (place === undefined || isText !== (place === ID_TEXT)) return undefined;
    else places.push(place);
  }
  return new ReadingLayout(Buffer.from(`${around}}`, 'latin1'), offsets, places, stream.build);
}
