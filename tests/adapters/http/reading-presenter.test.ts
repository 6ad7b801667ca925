import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentTime } from '#adapters/inbound/http/wire/reading-presenter';
import { DAY, HOUR, MINUTE } from '#domain/time/time';

const FARTHEST = 8.64e15; // milliseconds; the limit of a date in ECMA-262

describe('a time on the wire', () => {
  it('is written like toISOString, for consecutive times of the same day or of others', () => {
    const start = fc.integer({ min: -FARTHEST, max: FARTHEST - 2 * DAY });
    const near = fc.array(fc.oneof(fc.nat(MINUTE), fc.nat(HOUR), fc.nat(2 * DAY)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(start, near, (from, later) => {
        for (const millis of later) {
          expect(presentTime(from + millis)).toBe(new Date(from + millis).toISOString());
        }
      }),
    );
  });

  it('is an error if no date has it', () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, FARTHEST + MINUTE]) {
      expect(() => presentTime(time)).toThrow(RangeError);
    }
  });
});
