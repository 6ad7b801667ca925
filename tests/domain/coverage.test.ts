import { describe, expect, it } from 'vitest';
import { addCoverages, coverage, deviceCoverage, expectedReadings, minuteShift } from '#domain/coverage/coverage';
import { deviceTotalsOf } from '#domain/reading/totals';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { contains } from '#domain/time/time-window';
import { aMeterReading, START } from '#testing/readings';

const WINDOW = { from: START, to: START + HOUR };
const NOW = START + 2 * HOUR;

/** The totals in a window of a device with readings at these seconds after `START`. */
const totalsAt = (seconds: readonly number[], window = WINDOW) => {
  const readings = seconds.map((second) => aMeterReading({ timestamp: START + second * SECOND }));
  return deviceTotalsOf(
    'meter',
    readings.filter(({ timestamp }) => contains(window, timestamp)),
  );
};
/** Seconds of `count` readings, from `first` on. */
const every = (period: number, count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i * period);
/** A reading a minute, early or late in turn. */
const jittered = (count: number) => every(60, count).map((second, i) => second + (i % 2 === 0 ? 0.15 : -0.15));

describe('coverage', () => {
  it.each([
    [1440, 1440, 1],
    [1296, 1440, 0.9],
    [0, 1440, 0],
    [0, 0, 1],
  ])('of %i readings where %i were expected is %f', (readings, expected, ratio) => {
    expect(coverage(readings, expected)).toEqual({ readings, expected, ratio });
  });

  it('is never more than complete', () => {
    expect(coverage(2880, 1440)).toEqual({ readings: 1440, expected: 1440, ratio: 1 });
    expect(coverage(1, 0)).toEqual({ readings: 0, expected: 0, ratio: 1 });
  });

  it('expects a reading in every minute that has begun, and none in the future', () => {
    expect(expectedReadings(WINDOW, START + 60 * MINUTE)).toBe(60);
    expect(expectedReadings(WINDOW, START + 1000 * MINUTE)).toBe(60);
    expect(expectedReadings(WINDOW, START + 30 * MINUTE)).toBe(30);
    expect(expectedReadings(WINDOW, START + 30 * MINUTE + 1)).toBe(31);
    expect(expectedReadings(WINDOW, START - 5 * MINUTE)).toBe(0);
  });

  it.each<[string, readonly number[], number]>([
    ['once a minute', every(60, 60), 60],
    ['once a minute, at its last moment', every(60, 60, 59.999), 60],
    ['every 20 seconds, then silent', every(20, 120), 40],
    ['every 20 seconds, around the full minute', every(20, 120, -0.5).slice(1), 40],
    ['every 20 seconds for 40 minutes, then once a minute', [...every(20, 120), ...every(60, 20, 2400)], 60],
    ['every second of every other minute', every(120, 30).flatMap((second) => every(1, 60, second)), 30],
    ['every two minutes', every(120, 30), 30],
    ['every 59 seconds', every(59, 61, 0.5), 60],
    ['at the full minute, early or late in turn', jittered(60), 60],
    ['so, but one is missing', jittered(60).toSpliced(17, 1), 59],
    ['so, then silent', jittered(40), 40],
    ['so, and now and then twice', [...jittered(60), 600.5, 1200.5], 60],
    ['in one burst', every(0.5, 60), 1],
    ['never', [], 0],
  ])('of a device that posts %s counts distinct minutes', (_, seconds, readings) => {
    expect(deviceCoverage(totalsAt(seconds), WINDOW, NOW)).toEqual({ readings, expected: 60, ratio: readings / 60 });
  });

  it('of several devices is counted device by device: none makes up for another', () => {
    const fast = deviceCoverage(totalsAt(every(20, 180)), WINDOW, NOW);
    const dead = deviceCoverage(totalsAt([]), WINDOW, NOW);
    expect(addCoverages([fast, dead])).toEqual({ readings: 60, expected: 120, ratio: 0.5 });
    expect(addCoverages([])).toEqual({ readings: 0, expected: 0, ratio: 1 });
  });

  it.each([
    ['at the full minute', every(60, 60)],
    ['in the middle of a minute', every(60, 60, 30)],
    ['every 20 seconds', every(20, 180)],
    ['around the full minute', jittered(60)],
  ])('is complete where a window is cut anywhere in a minute, for a device that posts %s', (_, seconds) => {
    for (const cut of [1, 29_999, 30_000, 30_001, 59_500].map((ms) => START + 30 * MINUTE + ms)) {
      const windows = [
        { from: START, to: cut },
        { from: cut, to: START + HOUR },
      ];
      const parts = windows.map((window) => deviceCoverage(totalsAt(seconds, window), window, NOW));
      expect(addCoverages(parts)).toEqual({ readings: 59, expected: 59, ratio: 1 });
    }
  });

  it('shifts the minutes of no device whose readings lie in different minutes as they are', () => {
    const regular = Array.from({ length: 60 }, (_, second) => every(60, 600, second));
    expect(regular.map((seconds) => minuteShift(totalsAt(seconds)))).toEqual(Array(60).fill(0));
    expect(minuteShift(totalsAt(jittered(60)))).toBe(MINUTE / 2);
  });
});
