import { isUtf8 } from 'node:buffer';
import { TIME } from '#domain/reading/reading-maker';
import { parseTimestamp } from '#domain/time/timestamp';
import type { KnownIds } from './known-ids.ts';

const [SPACE, QUOTE, PLUS, MINUS, DOT, ZERO, NINE, COLON] = [32, 34, 43, 45, 46, 48, 57, 58] as const;
const [UPPER_E, Z, BACKSLASH, LOWER_E, LAST_ASCII] = [69, 90, 92, 101, 127] as const;

/** A number of up to this many digits is a small integer. */
const SMALL_DIGITS = 9;
/** A number of up to this many digits is exact, and its quotient by a power of ten is rounded as JSON.parse rounds. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: SMALL_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const MINUTE_LENGTH = 'YYYY-MM-DDTHH:MM'.length;

const WORDS = ['true', 'false', 'null'] as const;
const ESCAPE = /^\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/;
const MAX_ESCAPE_LENGTH = '\\u0000'.length;

/** Longer ids are not valid; longer texts and numbers are rare, and might be sent to be scanned again and again. */
const MAX_ID_LENGTH = 128;
const MAX_TEXT_LENGTH = 1_024;
const MAX_NUMBER_LENGTH = 64;

/**
 * Reads values of `bytes` in place: each method reads one at `at` and moves `at` behind it. Forms that devices rarely
 * send are not read, valid or not.
 */
export class ValueScanner {
  at = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** The numbers last read, each in its place. */
  readonly numbers: Float64Array;
  readonly #unknownPlace: number;
  readonly #knownIds: KnownIds;
  /** The minute last read, as it was written and in epoch milliseconds. */
  readonly #minuteText = new Uint8Array(MINUTE_LENGTH);
  #minute = Number.NaN;

  constructor(places: number, knownIds: KnownIds) {
    this.numbers = new Float64Array(places + 1);
    this.#unknownPlace = places;
    this.#knownIds = knownIds;
  }

  /** The device id up to the next quote, or `undefined` if it is not valid. */
  id(): string | undefined {
    const { bytes, at: from } = this;
    let at = from;
    let hash = 0;
    const stop = Math.min(bytes.length, from + MAX_ID_LENGTH + 1);
    for (; at < stop && bytes[at] !== QUOTE; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    this.at = at;
    return this.#knownIds.find(bytes, from, at, hash);
  }

  /** Reads epoch milliseconds into their place. False if they are not valid. */
  epochTime(): boolean {
    return this.number(TIME) && typeof parseTimestamp(this.numbers[TIME]) === 'number';
  }

  /** Reads `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.000Z` into its place. False for any other form. */
  textTime(): boolean {
    const { bytes, at: from } = this;
    if (!this.#isSameMinute(from) && !this.#readMinute(from)) return false;
    const seconds = this.#twoDigits(from + 17);
    if (bytes[from + 16] !== COLON || seconds < 0 || seconds > 59) return false;
    let end = from + 19;
    let millis = 0;
    if (bytes[end] === DOT) {
      const tens = this.#twoDigits(end + 1);
      const ones = (bytes[end + 3] as number) - ZERO;
      if (tens < 0 || !(ones >= 0 && ones <= 9)) return false;
      millis = tens * 10 + ones;
      end += 4;
    }
    if (bytes[end] !== Z) return false;
    this.at = end + 1;
    this.numbers[TIME] = this.#minute + seconds * 1_000 + millis;
    return true;
  }

  /** Reads a JSON number into its place. False if it is not one. */
  number(place: number): boolean {
    const { bytes, at: start } = this;
    const negative = bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    this.at = first;
    let value = this.#digits();
    let digits = this.at - first;
    if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return false;
    if (digits === SMALL_DIGITS) {
      const more = this.#digits();
      digits = this.at - first;
      value = value * (POWERS[digits - SMALL_DIGITS] as number) + more;
    }
    if (bytes[this.at] === DOT) {
      this.at++;
      const fraction = this.#digits();
      const decimals = this.at - first - digits - 1;
      if (decimals === 0) return false;
      const power = POWERS[decimals] as number;
      value = (value * power + fraction) / power;
      digits += decimals;
    }
    const next = bytes[this.at] as number;
    if (digits > EXACT_DIGITS || isDigit(next) || next === LOWER_E || next === UPPER_E) return this.#any(start, place);
    this.numbers[place] = negative ? -value : value;
    return true;
  }

  /** Skips a JSON string, number, `true`, `false` or `null`. False if it is none, or not valid. */
  unknown(): boolean {
    const first = this.bytes[this.at] as number;
    if (first === QUOTE) return this.#unknownText();
    if (isDigit(first) || first === MINUS) return this.number(this.#unknownPlace);
    const word = WORDS.find((one) => this.bytes.toString('latin1', this.at, this.at + one.length) === one);
    this.at += word?.length ?? 0;
    return word !== undefined;
  }

  #unknownText(): boolean {
    const { bytes, at: start } = this;
    const stop = start + MAX_TEXT_LENGTH;
    let isAscii = true;
    let at = start + 1;
    for (let byte = bytes[at] as number; byte !== QUOTE; byte = bytes[++at] as number) {
      if (at > stop) return false;
      if (byte === BACKSLASH) {
        const match = ESCAPE.exec(bytes.toString('latin1', at, at + MAX_ESCAPE_LENGTH));
        if (match === null) return false;
        at += match[0].length - 1;
      } else if (byte > LAST_ASCII) isAscii = false;
      else if (!(byte >= SPACE)) return false; // a control character, or the end of the body
    }
    this.at = at + 1;
    return isAscii || isUtf8(bytes.subarray(start, at));
  }

  /** Up to nine digits; 0 if there are none. */
  #digits(): number {
    const { bytes } = this;
    const stop = this.at + SMALL_DIGITS;
    let { at } = this;
    let value = 0;
    for (; at < stop; at++) {
      const byte = bytes[at] as number;
      if (!isDigit(byte)) break;
      value = (value * 10 + byte - ZERO) | 0;
    }
    this.at = at;
    return value;
  }

  /** A number with more digits or an exponent: rare enough to leave to JSON.parse. */
  #any(start: number, place: number): boolean {
    const { bytes } = this;
    let at = start;
    const stop = start + MAX_NUMBER_LENGTH;
    while (at <= stop && isInNumber(bytes[at] as number)) at++;
    if (at > stop) return false;
    this.at = at;
    try {
      this.numbers[place] = JSON.parse(bytes.toString('latin1', start, at));
      return true;
    } catch {
      return false;
    }
  }

  #isSameMinute(from: number): boolean {
    for (let at = 0; at < MINUTE_LENGTH; at++) if (this.bytes[from + at] !== this.#minuteText[at]) return false;
    return true;
  }

  #readMinute(from: number): boolean {
    const minute = parseTimestamp(`${this.bytes.toString('latin1', from, from + MINUTE_LENGTH)}:00Z`);
    if (typeof minute !== 'number') return false;
    this.#minuteText.set(this.bytes.subarray(from, from + MINUTE_LENGTH));
    this.#minute = minute;
    return true;
  }

  /** -1 unless both are digits. */
  #twoDigits(at: number): number {
    const tens = this.bytes[at] as number;
    const ones = this.bytes[at + 1] as number;
    return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : -1;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isInNumber(byte: number): boolean {
  return isDigit(byte) || byte === DOT || byte === MINUS || byte === PLUS || byte === LOWER_E || byte === UPPER_E;
}
