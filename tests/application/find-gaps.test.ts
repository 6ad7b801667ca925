import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { FindGaps } from '#application/history/find-gaps';
import { minuteShift } from '#domain/coverage/coverage';
import type { Gap } from '#domain/coverage/gap';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { ManualClock } from '#testing/manual-clock';
import { aVehicleReading, START } from '#testing/readings';
import { retentionOf } from '#testing/upkeep';

const JITTER = 150;
const seed = Number(process.env.EIE_TEST_SEED ?? randomInt(2 ** 31));

/** A store with readings of one vehicle at these milliseconds after `START`, and what is asked about it. */
async function given(offsets: Iterable<number>) {
  const store = createMemoryStore();
  const times = [...new Set(offsets)].map((offset) => START + offset);
  await store.writer.commit(times.map((timestamp) => aVehicleReading({ timestamp })));
  const clock = new ManualClock(START + 100 * HOUR);
  const finder = new FindGaps(store, clock);
  const performance = new ReportVehiclePerformance(store, clock, DEFAULT_WARNING_RULE);
  return {
    store,
    clock,
    /** All gaps in the window, in pages of this size. */
    gaps: async (window: TimeWindow, limit = 1000): Promise<Gap[]> => {
      const gaps: Gap[] = [];
      for (let after: number | undefined; ; ) {
        const page = await finder.find('vehicle', 'EV-1', window, { limit, ...(after !== undefined && { after }) });
        gaps.push(...(page?.gaps ?? []));
        if (page === undefined || page.next === null) return gaps;
        after = page.next;
      }
    },
    coverage: async (window: TimeWindow) => (await performance.report('EV-1', window))?.coverage.vehicle,
    shift: async (window: TimeWindow) => minuteShift(await store.cold.deviceTotals('vehicle', 'EV-1', window)),
  };
}

const minutes = (from: number, to: number) => ({ from: START + from * MINUTE, to: START + to * MINUTE });
const ticks = (count: number, first = 0) => Array.from({ length: count }, (_, i) => (first + i) * MINUTE);

const JITTERS: Record<string, (tick: number, i: number) => number> = {
  'early and late in turn': (tick, i) => tick + (i % 2 === 0 ? -JITTER : JITTER),
  'late and early in turn': (tick, i) => tick + (i % 2 === 0 ? JITTER : -JITTER),
  'always early': (tick) => tick - JITTER,
  'early once, else on time': (tick, i) => (i === 7 ? tick - 1 : tick),
  'early or late at random': (tick, i) => tick + ((i * 7919) % 13 < 6 ? -JITTER : JITTER),
};

describe('a device that posts at the full minute, give or take milliseconds', () => {
  it.each(Object.entries(JITTERS))('has no gaps: %s', async (_, jitter) => {
    const { gaps } = await given(ticks(400, -5).map(jitter));
    for (const [from, to] of [
      [0, 30],
      [0, 60],
      [1, 32],
      [30, 90],
      [0, 180],
      [17, 201],
    ] as const) {
      expect(await gaps(minutes(from, to))).toEqual([]);
    }
  });

  it('covers every minute', async () => {
    const { coverage } = await given(ticks(400, -5).map(JITTERS['late and early in turn'] as (tick: number) => number));
    expect(await coverage(minutes(0, 30))).toEqual({ readings: 30, expected: 30, ratio: 1 });
    expect(await coverage(minutes(0, 180))).toEqual({ readings: 180, expected: 180, ratio: 1 });
  });

  it.each(Object.entries(JITTERS))('has one gap where one reading is missing: %s', async (_, jitter) => {
    for (const missing of [1, 29, 59, 60, 61, 118]) {
      const { gaps } = await given(
        ticks(400, -5)
          .map(jitter)
          .filter((_, i) => i !== missing + 5),
      );
      const found = await gaps(minutes(0, 120));
      expect(found.map((gap) => gap.missing)).toEqual([1]);
      const minute = ((found[0]?.from ?? 0) - START) / MINUTE;
      expect(Math.abs(minute - missing)).toBeLessThanOrEqual(1); // by the clock it may be the one before or after
    }
  });

  it('has the same gaps in pages of any size', async () => {
    const silent = new Set([3, 9, 10, 11, 40, 61, 62, 118]);
    const { gaps } = await given(
      ticks(400, -5)
        .map(JITTERS['early or late at random'] as (tick: number, i: number) => number)
        .filter((_, i) => !silent.has(i - 5)),
    );
    const all = await gaps(minutes(0, 120));
    expect(all.map(({ missing }) => missing)).toEqual([1, 3, 1, 2, 1]);
    for (const limit of [1, 2, 4]) expect(await gaps(minutes(0, 120), limit)).toEqual(all);
  });

  it('has no gap at the beginning of the history, where the readings before were dropped', async () => {
    const { store, gaps } = await given(ticks(300).map(JITTERS['early and late in turn'] as (tick: number) => number));
    await retentionOf(store).dropBefore(START + HOUR);
    expect(await gaps(minutes(0, 180))).toEqual([]);
  });

  it('has none in the minute that is not over', async () => {
    const { clock, gaps } = await given(ticks(60).map(JITTERS['late and early in turn'] as (tick: number) => number));
    clock.set(START + 60 * MINUTE - 1);
    expect(await gaps(minutes(0, 120))).toEqual([]);
    clock.set(START + 62 * MINUTE);
    expect(await gaps(minutes(0, 120))).toEqual([{ ...minutes(60, 62), missing: 2 }]);
  });
});

describe('gaps', () => {
  it('are the minutes that coverage lacks, for a device that posts every 20 seconds and falls silent', async () => {
    const { gaps, coverage } = await given(Array.from({ length: 120 }, (_, i) => i * 20 * SECOND));
    expect(await gaps(minutes(0, 60))).toEqual([{ ...minutes(40, 60), missing: 20 }]);
    expect(await coverage(minutes(0, 60))).toEqual({ readings: 40, expected: 60, ratio: 40 / 60 });
  });

  it('and coverage agree, whatever a device sends', async () => {
    const histories = fc.record({
      period: fc.constantFrom(MINUTE, MINUTE, 20 * SECOND, 30 * SECOND, 45 * SECOND, 61 * SECOND, 5 * MINUTE),
      phase: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: MINUTE - 1 })),
      jitters: fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }),
      amplitude: fc.constantFrom(0, 150, 5_000, 20_000),
      outages: fc.array(fc.tuple(fc.integer({ min: -10, max: 200 }), fc.integer({ min: 1, max: 60 })), {
        maxLength: 4,
      }),
    });
    const windows = fc.oneof(
      fc.constantFrom(minutes(0, 60), minutes(0, 180), minutes(60, 120)),
      fc.tuple(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 1, max: 90 })).map(([from, length]) => {
        return minutes(from, from + length);
      }),
    );
    const property = fc.asyncProperty(histories, windows, async (history, window) => {
      const { period, phase, jitters, amplitude, outages } = history;
      const offsets = Array.from({ length: Math.ceil((250 * MINUTE) / period) }, (_, i) => {
        const jitter = ((jitters[i % jitters.length] as number) / 1000) * Math.min(amplitude, period / 2.1);
        return -10 * MINUTE + i * period + phase + Math.round(jitter);
      }).filter((time) => !outages.some(([from, length]) => from * MINUTE <= time && time < (from + length) * MINUTE));
      const { gaps, coverage, shift } = await given([-2 * HOUR, ...offsets]);

      const missing = (await gaps(window)).reduce((sum, gap) => sum + gap.missing, 0);
      const { readings, expected } = (await coverage(window)) as { readings: number; expected: number };
      const difference = Math.abs(missing - (expected - readings));

      // Shifted minutes are cut by the edges of the window and, for what posts faster, by the hours within.
      const hours = Math.ceil((window.to - window.from) / HOUR);
      const tolerated = (await shift(window)) === 0 ? 0 : period < MINUTE || amplitude > 5_000 ? 1 + hours : 1;
      expect(difference).toBeLessThanOrEqual(tolerated);
    });
    await fc.assert(property, { numRuns: 300, seed });
  });
});
