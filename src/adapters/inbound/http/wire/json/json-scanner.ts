/** Levels of nesting in one item. A reading has one. */
const MAX_DEPTH = 16;
/** Members and elements in one item, nested ones included. A reading has four or five. */
const MAX_VALUES = 1_000;
/** Bytes of one item, about 10,000 times those of a reading: JSON.parse takes a few milliseconds for them. */
const MAX_ITEM_BYTES = 1024 * 1024;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE, QUOTE, COMMA, COLON] = [9, 10, 13, 32, 34, 44, 58] as const;
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 92, 93, 123, 125] as const;

/** An item is more than one may be. The message reads on from the name of the item. */
export class JsonLimitError extends Error {
  override readonly name = 'JsonLimitError';
}

/** A JSON value in a text. */
export interface JsonSpan {
  /** Just after the value. */
  readonly end: number;
  /** Names of members in it, those of nested objects included. */
  readonly members: number;
}

/**
 * Finds the end of the value that begins at `start`, without parsing it: a value that is not JSON has an end too, which
 * JSON.parse refuses. Reads no further than the limits go, and throws `JsonLimitError` when the value exceeds one.
 */
export function scanJsonValue(bytes: Uint8Array, start: number, stop: number): JsonSpan {
  const last = Math.min(stop, start + MAX_ITEM_BYTES);
  let depth = 0;
  let values = 0;
  let members = 0;
  for (let at = start; at < last; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = closingQuote(bytes, at, last);
      if (depth === 0 && at < last) return { end: at + 1, members };
    } else if (byte === COLON) {
      members++;
    } else if (byte === COMMA) {
      if (depth === 0) return { end: at, members };
      if (++values > MAX_VALUES) throw tooManyValues();
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > MAX_DEPTH) throw new JsonLimitError(`is nested more than ${MAX_DEPTH} levels deep`);
      if (++values > MAX_VALUES) throw tooManyValues();
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth <= 1) return { end: depth === 0 ? at : at + 1, members };
      depth--;
    }
  }
  if (last < stop) throw new JsonLimitError(`is longer than ${MAX_ITEM_BYTES} bytes`);
  return { end: stop, members };
}

function tooManyValues(): JsonLimitError {
  return new JsonLimitError(`has more than ${MAX_VALUES} members and elements`);
}

/** Where the string that begins at `start` ends; `stop` if it does not. */
function closingQuote(bytes: Uint8Array, start: number, stop: number): number {
  let at = start + 1;
  for (; at < stop; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return stop;
}

/** The first byte from `start` to `stop` that is not JSON white space; `stop` if there is none. */
export function afterSpace(bytes: Uint8Array, start: number, stop: number): number {
  for (let at = start; at < stop; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
  }
  return stop;
}
