import { parseTimestamp } from '#domain/time/timestamp';
import type { KnownIds } from './known-ids.ts';
import { TIME } from './reading-builder.ts';

const [QUOTE, PLUS, MINUS, DOT, ZERO, NINE, COLON] = [34, 43, 45, 46, 48, 57, 58] as const;
const [UPPER_E, Z, LOWER_E] = [69, 90, 101] as const;

/** So many digits are a small integer, whatever they are. */
const SMALL_DIGITS = 9;
/** So many digits are an exact number, and their quotient by a power of ten is rounded as JSON.parse rounds. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: SMALL_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const MINUTE_LENGTH = 'YYYY-MM-DDTHH:MM'.length;

/**
 * Reads the values in `bytes` in place, each from `at`, and moves `at` behind it. What is not in the form that nearly
 * all devices send is not read, valid or not.
 */
export class ValueScanner {
  at = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** The numbers read last, each in its place. */
  readonly numbers: Float64Array;
  readonly #knownIds: KnownIds;
  /** The minute that was read last as it was written, and its epoch milliseconds. */
  readonly #minuteText = new Uint8Array(MINUTE_LENGTH);
  #minute = Number.NaN;

  constructor(places: number, knownIds: KnownIds) {
    this.numbers = new Float64Array(places);
    this.#knownIds = knownIds;
  }

  /** The device id before the next quote. */
  id(): string | undefined {
    const { bytes, at: from } = this;
    let at = from;
    let hash = 0;
    for (; at < bytes.length && bytes[at] !== QUOTE; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    this.at = at;
    return this.#knownIds.find(bytes, from, at, hash);
  }

  /** Epoch milliseconds, into their place; whether they could be read. */
  epochTime(): boolean {
    return this.number(TIME) && typeof parseTimestamp(this.numbers[TIME]) === 'number';
  }

  /** `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.000Z`, into its place; whether it could be read. */
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

  /** A JSON number, into its place; whether it could be read. */
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

  /** At most nine digits; where there are none, 0. */
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

  /** A number with more digits, or with an exponent: rare enough to be a string, and JSON.parse's own. */
  #any(start: number, place: number): boolean {
    const { bytes } = this;
    let at = start;
    while (isInNumber(bytes[at] as number)) at++;
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

  /** -1 when they are not two digits. */
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
