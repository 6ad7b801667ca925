import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRfc3339, parseTimestamp } from '#domain/time/timestamp';

const code = (value: unknown) => {
  const parsed = parseTimestamp(value);
  return typeof parsed === 'number' ? new Date(parsed).toISOString() : parsed.code;
};

describe('a timestamp as a string', () => {
  it.each([
    ['2026-01-31T12:34:56Z', '2026-01-31T12:34:56.000Z'],
    ['2026-01-31T12:34:56.789Z', '2026-01-31T12:34:56.789Z'],
    ['2026-01-31t12:34:56z', '2026-01-31T12:34:56.000Z'],
    ['2026-01-31 12:34:56Z', '2026-01-31T12:34:56.000Z'],
    ['2026-01-31T12:34:56+02:00', '2026-01-31T10:34:56.000Z'],
    ['2026-01-31T23:34:56-05:30', '2026-02-01T05:04:56.000Z'],
    ['2026-01-31T12:34:56-00:00', '2026-01-31T12:34:56.000Z'],
    ['2026-01-31T12:34:56.5Z', '2026-01-31T12:34:56.500Z'],
    ['2026-01-31T12:34:56.05+01:00', '2026-01-31T11:34:56.050Z'],
    ['2026-12-31T23:59:59.9999999999Z', '2026-12-31T23:59:59.999Z'],
    ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it.each([
    ['2026-02-30T00:00:00Z'],
    ['2026-02-29T00:00:00.000Z'],
    ['1900-02-29T00:00:00Z'],
    ['2026-04-31T00:00:00+01:00'],
    ['2026-13-01T00:00:00Z'],
    ['2026-00-01T00:00:00Z'],
    ['2026-01-00T00:00:00Z'],
    ['2026-01-32T00:00:00Z'],
    ['2026-01-01T24:00:00Z'],
    ['2026-01-01T00:60:00Z'],
    ['2026-01-01T00:00:61Z'],
    ['2016-12-31T23:59:60Z'],
    ['2016-12-31T23:59:60.5+00:00'],
    ['0000-01-01T00:00:00Z'],
    ['0001-01-01T00:00:00+00:01'],
    ['9999-12-31T23:59:00-00:01'],
    ['2026-01-01T00:00:00+24:00'],
    ['2026-01-01T00:00:00+01:60'],
    ['2026-01-01T00:00:00+0100'],
    ['2026-01-01T00:00:00+01'],
    ['2026-01-01T00:00Z'],
    ['2026-01-01T00:00:00.Z'],
    ['2026-01-01T00:00:00,5Z'],
    ['2026-01-01T00:00:00Z\n'],
    [' 2026-01-01T00:00:00Z'],
    ['2026-01-01'],
    ['26-01-01T00:00:00Z'],
    ['+02026-01-01T00:00:00Z'],
    ['2026-01-0aT00:00:00Z'],
    ['2026-01-01T00:00:00.1a0Z'],
    ['２026-01-01T00:00:00Z'],
    ['2026-02-30T00:00:00'],
    ['1767225600000'],
    ['yesterday'],
    [''],
  ])('%j is an invalid timestamp', (text) => {
    expect(code(text)).toBe('invalid-timestamp');
  });

  it.each([['2026-01-01T00:00:00'], ['2026-01-01T00:00:00.123'], ['2026-01-01 00:00:00']])(
    '%s has no offset, and none is assumed',
    (text) => {
      expect(code(text)).toBe('timestamp-without-offset');
    },
  );

  it('is refused as a leap second only if it is one', () => {
    expect(parseRfc3339('2016-12-31T23:59:60Z')).toMatchObject({ detail: expect.stringContaining('leap second') });
    expect(parseRfc3339('2016-12-32T23:59:60Z')).toMatchObject({ detail: expect.stringContaining('exists') });
  });

  it('is parsed for every date of the years 0001 to 9999', () => {
    const first = Date.parse('0001-01-01T00:00:00Z');
    const last = Date.parse('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (time) => {
        const text = new Date(time).toISOString();
        expect(parseRfc3339(text)).toBe(time);
        expect(parseRfc3339(text.toLowerCase())).toBe(time); // the general form agrees with the common one
        const wholeSecond = Math.floor(time / 1000) * 1000;
        expect(parseRfc3339(`${text.slice(0, 19)}Z`)).toBe(wholeSecond);
        expect(parseRfc3339(`${text.slice(0, 19)}+00:00`)).toBe(wholeSecond);
      }),
      { numRuns: 2000 },
    );
  });

  it('has the same faults in its common form as in the general one', () => {
    const part = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
    const year = fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, '0'));
    fc.assert(
      fc.property(year, part, part, part, part, part, (y, mo, d, h, mi, s) => {
        const text = `${y}-${mo}-${d}T${h}:${mi}:${s}`;
        expect(parseRfc3339(`${text}Z`)).toEqual(parseRfc3339(`${text}z`));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a timestamp as a number', () => {
  it.each([
    [1_767_225_600_000, '2026-01-01T00:00:00.000Z'],
    [100_000_000_000, '1973-03-03T09:46:40.000Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
    [99_999_999_999, 'timestamp-in-seconds'],
    [1_767_225_600, 'timestamp-in-seconds'],
    [0, 'timestamp-in-seconds'],
    [-1_767_225_600_000, 'timestamp-in-seconds'],
    [1_767_225_600_000.5, 'invalid-timestamp'],
    [1_767_225_600.25, 'invalid-timestamp'],
    [253_402_300_800_000, 'invalid-timestamp'],
    [1e300, 'invalid-timestamp'],
    [Number.POSITIVE_INFINITY, 'not-a-number'],
  ])('%d is %s', (value, expected) => {
    expect(code(value)).toBe(expected);
  });
});

describe('anything else', () => {
  it.each([[null], [undefined], [true], [{}], [[2026, 1, 1]]])('%j is an invalid timestamp', (value) => {
    expect(code(value)).toBe('invalid-timestamp');
  });
});
