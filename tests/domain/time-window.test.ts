import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { alignOutward, contains, intersection, parseDuration, splitAt } from '#domain/time/time-window';

const at = (text: string) => Date.parse(`2026-01-15T${text}Z`);

describe('a time window', () => {
  it.each([
    ['12:00:00', '13:00:00', '12:00:00', '13:00:00'],
    ['12:00:30', '13:00:30', '12:00:00', '13:01:00'],
    ['12:00:00.001', '12:00:00.002', '12:00:00', '12:01:00'],
    ['12:59:59.999', '13:00:00', '12:59:00', '13:00:00'],
  ])('from %s to %s is aligned outward to %s and %s', (from, to, alignedFrom, alignedTo) => {
    expect(alignOutward({ from: at(from), to: at(to) })).toEqual({ from: at(alignedFrom), to: at(alignedTo) });
  });

  it('aligns times before 1970 outward too', () => {
    expect(alignOutward({ from: -1, to: 1 })).toEqual({ from: -MINUTE, to: MINUTE });
  });

  it('contains its beginning but not its end', () => {
    const window = { from: 10, to: 20 };
    expect([9, 10, 19, 20].map((time) => contains(window, time))).toEqual([false, true, true, false]);
  });

  it.each([
    [0, 10, 5, 15, { from: 5, to: 10 }],
    [0, 10, 2, 4, { from: 2, to: 4 }],
    [0, 10, 10, 20, undefined],
    [0, 10, 11, 20, undefined],
  ])('[%i, %i) and [%i, %i) have %j in common', (a, b, c, d, common) => {
    expect(intersection({ from: a, to: b }, { from: c, to: d })).toEqual(common);
  });

  it.each([
    ['15m', 15 * MINUTE],
    ['1h', HOUR],
    ['24h', DAY],
    ['30d', 30 * DAY],
    ['365d', 365 * DAY],
  ])('parses %s', (text, duration) => {
    expect(parseDuration(text)).toBe(duration);
  });

  it.each(['', '0m', '-5m', '5', 'm', '5 m', '1.5h', '5M', '5w', '1234567m', 'banana'])('does not parse %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('is cut at every boundary inside it', () => {
    const parts = splitAt(HOUR, { from: at('11:50:00'), to: at('14:00:00') });
    expect(parts).toEqual([
      { from: at('11:50:00'), to: at('12:00:00') },
      { from: at('12:00:00'), to: at('13:00:00') },
      { from: at('13:00:00'), to: at('14:00:00') },
    ]);
    expect(splitAt(HOUR, { from: at('12:10:00'), to: at('12:20:00') })).toHaveLength(1);
    expect(splitAt(HOUR, { from: 5, to: 5 })).toEqual([]);
  });
});
