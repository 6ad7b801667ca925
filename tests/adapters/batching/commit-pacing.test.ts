import { describe, expect, it } from 'vitest';
import { learnPace, lingerTime, maxGroup, maxQueue, NO_COMMIT } from '#adapters/outbound/batching/commit-pacing';

const limits = { groupReadings: 1_000, commitsInFlight: 2, queueReadings: 50_000, maxWait: 300 };
/** 100 readings in 8 ms, which ended at 1,000 ms. */
const last = { readings: 100, duration: 8, end: 1_000 };

describe('the next commit waits for more readings', () => {
  it.each([
    ['not before any commit has ended', NO_COMMIT, 1, 1_000, 1_000, 0],
    ['half as long as the last commit took', last, 1, 1_000, 1_000, 4],
    ['counted from its oldest request', last, 99, 1_002, 1_003, 3],
    ['or from the end of the last commit if that is later', last, 1, 900, 1_001, 3],
    ['at most 5 ms', { ...last, duration: 80 }, 1, 1_000, 1_000, 5],
    ['not when that is less than a millisecond', { ...last, duration: 1.9 }, 1, 1_000, 1_000, 0],
    ['a single millisecond if need be', { ...last, duration: 2 }, 1, 1_000, 1_000, 1],
    ['not when it is as large as the last one', last, 100, 1_000, 1_000, 0],
    ['not when the time is over', last, 1, 1_000, 1_004, 0],
    ['for a request that arrives within four durations of the last commit', last, 1, 1_032, 1_032, 4],
    ['not for a later one', last, 1, 1_033, 1_033, 0],
  ])('%s', (_, commit, readings, since, now, expected) => {
    expect(lingerTime(commit, { readings, since }, now)).toBe(expected);
  });
});

describe('a group holds', () => {
  it.each([
    ['up to 1,000 readings', 100_000, undefined, 1_000],
    ['more when many wait and the store takes larger groups then', 100_000, 5_000, 5_000],
    ['no more than its share of what waits', 6_000, 5_000, 3_000],
    ['up to 1,000 when few wait', 10, 5_000, 1_000],
  ])('%s', (_, pending, maxGroupWhenBusy, expected) => {
    expect(maxGroup(limits, pending, maxGroupWhenBusy)).toBe(expected);
  });
});

describe('the pace of the store in readings per millisecond', () => {
  it.each([
    ['is that of the first large commit, times the commits in flight', undefined, 1_000, 50, 40],
    ['is not learned from a small one', undefined, 499, 50, undefined],
    ['is not changed by a small one', 40, 499, 5, 40],
    ['moves by the share of a second that a commit took', 40, 1_000, 10, 40 + 0.01 * (200 - 40)],
    ['is that of the last commit when that took a second or longer', 40, 1_000, 2_000, 1],
  ])('%s', (_, pace, readings, duration, expected) => {
    const learned = learnPace(limits, pace, { readings, duration, end: 1_000 });
    if (expected === undefined) expect(learned).toBeUndefined();
    else expect(learned).toBeCloseTo(expected, 9);
  });
});

describe('the queue holds', () => {
  it.each([
    ['20,000 readings while the pace is unknown', undefined, 20_000],
    ['20,000 readings for a slow store', 10, 20_000],
    ['what the store takes in 300 ms', 100, 30_000],
    ['no more than its limit', 1_000, 50_000],
  ])('%s', (_, pace, expected) => {
    expect(maxQueue(limits, pace)).toBe(expected);
  });

  it('no more than its limit when that is small', () => {
    expect(maxQueue({ ...limits, queueReadings: 10 })).toBe(10);
  });
});
