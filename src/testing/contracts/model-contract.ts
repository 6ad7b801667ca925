import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { Reading } from '#domain/reading/reading';
import { byKind, kinds } from '#domain/streams/streams';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { equal } from '../assertions.ts';
import { aReading, measuredOf, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { atNewPlace } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { closeHours } from '../upkeep.ts';
import { StoreModel } from './store-model.ts';

export interface ModelOptions {
  /** Random histories to try; each opens a store. 20 by default. */
  readonly runs?: number;
  /** Repeats the histories of an earlier run, whose failure printed its seed. */
  readonly seed?: number;
}

/**
 * Random histories: commits of new, late, repeated and conflicting readings, atomic or not, with hours closed in
 * between. After each step the store must give the same answers as a list of readings from which everything is counted.
 * Needs the package `fast-check`, which finds the shortest history that fails.
 */
export function telemetryModelContract(
  { describe, it }: TestFunctions,
  subject: StoreUnderTest<TelemetryStore>,
  { runs = 20, seed }: ModelOptions = {},
): void {
  describe(`${subject.name}: random histories`, () => {
    it('give the answers of a plain list of readings', async () => {
      const fc = await fastCheck();
      const histories = fc.array(steps(fc), { minLength: 1, maxLength: 10 });
      const property = fc.asyncProperty(histories, windows(fc), (history, window) =>
        atNewPlace(subject, (store) => compare(store, history, window)),
      );
      await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) });
    });
  });
}

/** What is done to the store: a commit, or closing the hours before some hour. */
type Step = { readonly readings: readonly Reading[]; readonly atomic: boolean } | { readonly closeBefore: number };

const DEVICES = ['d-1', 'd-2', 'd-3'];
/** Around the edges of minutes, half minutes, hours and days; few enough for keys to repeat. */
const TIMES = [
  ...[-DAY, -1, 0, 1, MINUTE / 2 - 1, MINUTE / 2, MINUTE - 1, MINUTE],
  ...[HOUR - MINUTE / 2, HOUR - 1, HOUR, 90 * MINUTE, 3 * HOUR],
].map((offset) => START + offset);

type FastCheck = typeof import('fast-check').default;

async function fastCheck(): Promise<FastCheck> {
  try {
    return (await import('fast-check')).default;
  } catch (cause) {
    throw new Error('the model contract needs the package fast-check: npm install --save-dev fast-check', { cause });
  }
}

function steps(fc: FastCheck) {
  const reading = fc
    .record({
      kind: fc.constantFrom(...kinds),
      deviceId: fc.constantFrom(...DEVICES),
      timestamp: fc.constantFrom(...TIMES),
      kwh: fc.constantFrom(0, 0.1, 99.999999),
      bound: fc.constantFrom('min' as const, 'max' as const),
    })
    .map(({ kind, bound, ...given }) => {
      const values = Object.fromEntries(measuredOf(kind).map(([name, field]) => [name, field[bound]]));
      return aReading(kind, { ...given, values });
    });
  const commit = fc.record({ readings: fc.array(reading, { maxLength: 12 }), atomic: fc.boolean() });
  const close = fc.record({ closeBefore: fc.constantFrom(START, START + HOUR, Infinity) });
  return fc.oneof({ weight: 4, arbitrary: commit }, { weight: 1, arbitrary: close });
}

function windows(fc: FastCheck) {
  const time = fc.oneof(fc.constantFrom(...TIMES), fc.integer({ min: START - DAY, max: START + DAY }));
  return fc.tuple(time, time).map(([a, b]): TimeWindow => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }));
}

async function compare(store: TelemetryStore, history: readonly Step[], window: TimeWindow): Promise<void> {
  const model = new StoreModel();
  for (const step of history) {
    if ('closeBefore' in step) {
      await closeHours(store, step.closeBefore);
    } else {
      const outcomes = await store.writer.commit(step.readings, { atomic: step.atomic });
      equal(outcomes, model.commit(step.readings, step.atomic), 'outcomes');
    }
    await compareAnswers(store, model, window);
  }
}

async function compareAnswers({ hot, cold }: TelemetryStore, model: StoreModel, window: TimeWindow): Promise<void> {
  const [minutes, hours] = [alignOutward(window, MINUTE), alignOutward(window, HOUR)];
  equal(
    await cold.fleetTotals(minutes),
    byKind((kind) => model.streamTotals(kind, minutes)),
    'fleetTotals',
  );
  for (const kind of kinds) {
    equal(await cold.totalsByDevice(kind, hours), model.totalsByDevice(kind, hours), `totalsByDevice of ${kind}s`);
    for (const deviceId of DEVICES) {
      const what = `of ${kind} ${deviceId}`;
      const newest = model.newest(kind, deviceId);
      equal(await hot.newest(kind, deviceId), newest, `newest ${what}`);
      equal(await hot.knows(kind, deviceId), newest !== undefined, `knows ${what}`);
      const own = await cold.history(kind, deviceId, window, { limit: 1_000 });
      equal(own, model.history(kind, deviceId, window), `history ${what}`);
      equal(
        await cold.deviceTotals(kind, deviceId, window),
        model.deviceTotals(kind, deviceId, window),
        `totals ${what}`,
      );
    }
  }
}
