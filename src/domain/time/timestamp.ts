import { DAY, type EpochMillis, HOUR, MINUTE } from './time.ts';

/** Why a value is not a point in time: a stable code, and a detail that reads on from the field's name. */
export interface TimestampFault {
  readonly code: 'invalid-timestamp' | 'timestamp-without-offset' | 'timestamp-in-seconds' | 'not-a-number';
  readonly detail: string;
}

const fault = (code: TimestampFault['code'], detail: string): TimestampFault => ({ code, detail });

const RFC_3339 = 'an RFC 3339 date-time with an offset, like 2026-01-31T12:00:00Z';
const NOT_RFC_3339 = fault('invalid-timestamp', `must be ${RFC_3339}`);
const NOT_A_TIMESTAMP = fault('invalid-timestamp', `must be ${RFC_3339}, or integer epoch milliseconds`);
const NO_SUCH_TIME = fault('invalid-timestamp', 'is not a date and time that exists');
const LEAP_SECOND = fault(
  'invalid-timestamp',
  'is a leap second, which epoch time cannot represent; send the second before or after it',
);
const OUTSIDE_OF_YEARS = fault('invalid-timestamp', 'must be between the years 0001 and 9999 in UTC');
const NO_OFFSET = fault('timestamp-without-offset', 'must include its UTC offset: Z, or an offset like +02:00');
const IN_SECONDS = fault('timestamp-in-seconds', 'looks like epoch seconds; send epoch milliseconds');
const NOT_INTEGER = fault('invalid-timestamp', 'must be an integer when it is epoch milliseconds');
const NOT_A_NUMBER = fault('not-a-number', 'is too large for a number');

export const FIRST_TIME: EpochMillis = -62_135_596_800_000; // 0001-01-01T00:00:00.000Z
export const LAST_TIME: EpochMillis = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z
/** Smaller integers are taken for seconds: in milliseconds this is March 1973, in seconds the year 5138. */
const MIN_EPOCH_MILLIS: EpochMillis = 100_000_000_000;

/** Parses a point in time as devices send it: an RFC 3339 string, or epoch milliseconds as a number. */
export function parseTimestamp(value: unknown): EpochMillis | TimestampFault {
  if (typeof value === 'string') return parseRfc3339(value);
  return typeof value === 'number' ? fromEpoch(value) : NOT_A_TIMESTAMP;
}

/**
 * Parses an RFC 3339 date-time. The offset is required (`-00:00` counts as UTC); `t`, `z` and a space instead of `T`
 * are accepted, as the RFC allows. Fractions of any length are truncated to milliseconds, so that no time moves into a
 * later second. Leap seconds, which epoch time cannot represent, and times that do not exist (30 February, 24:00:00)
 * are refused.
 */
export function parseRfc3339(text: string): EpochMillis | TimestampFault {
  const common = parseCommonForm(text);
  return Number.isNaN(common) ? parseAnyForm(text) : common;
}

function fromEpoch(value: number): EpochMillis | TimestampFault {
  if (!Number.isFinite(value)) return NOT_A_NUMBER;
  if (!Number.isInteger(value)) return NOT_INTEGER;
  if (value < MIN_EPOCH_MILLIS) return IN_SECONDS;
  return value > LAST_TIME ? OUTSIDE_OF_YEARS : value;
}

const ANY_FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))?$/;

function parseAnyForm(text: string): EpochMillis | TimestampFault {
  const match = ANY_FORM.exec(text);
  if (match === null) return NOT_RFC_3339;
  const [, year, month, day, hour, minute, second, fraction = '', utc, sign, offsetHours, offsetMinutes] = match;
  const leap = second === '60';
  const local = instant(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    leap ? 59 : Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  if (Number.isNaN(local)) return NO_SUCH_TIME;
  if (leap) return LEAP_SECOND;
  if (utc !== undefined) return local;
  if (sign === undefined) return NO_OFFSET;
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return NOT_RFC_3339;
  const offset = (Number(offsetHours) * HOUR + Number(offsetMinutes) * MINUTE) * (sign === '-' ? -1 : 1);
  const time = local - offset;
  return time < FIRST_TIME || time > LAST_TIME ? OUTSIDE_OF_YEARS : time;
}

const NOT_A_DIGIT = -1e6; // so low that every number built with it is negative
const [ZERO, DASH, COLON, DOT, T, Z] = [48, 45, 58, 46, 84, 90];

/**
 * Fast path for what nearly all devices send: `2026-01-31T12:00:00Z`, with or without `.000`; NaN for anything else.
 */
function parseCommonForm(text: string): EpochMillis {
  const { length } = text;
  if ((length !== 24 && length !== 20) || text.charCodeAt(length - 1) !== Z) return Number.NaN;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== T) return Number.NaN;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return Number.NaN;
  let millis = 0;
  if (length === 24) {
    if (text.charCodeAt(19) !== DOT) return Number.NaN;
    millis = digit(text, 20) * 100 + twoDigits(text, 21);
  }
  return instant(
    twoDigits(text, 0) * 100 + twoDigits(text, 2),
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
    millis,
  );
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : NOT_A_DIGIT;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

/** The Gregorian calendar repeats after this. */
const FOUR_CENTURIES = 146_097 * DAY;

/** Epoch milliseconds of a UTC calendar date and time; NaN when it does not exist. */
function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millis: number,
): EpochMillis {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return Number.NaN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || millis < 0) return Number.NaN;
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  const time = Date.UTC(year + 400, month - 1, day, hour, minute, second, millis) - FOUR_CENTURIES;
  return day <= 28 || new Date(time).getUTCDate() === day ? time : Number.NaN;
}
