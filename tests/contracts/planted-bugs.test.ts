import { describe, expect, it } from 'vitest';
import type { EngineStore } from '#application/ports/engine-store';
import {
  type StoreUnderTest,
  type TestFunctions,
  telemetryCrashContract,
  telemetryModelContract,
  telemetryStoreContract,
} from '#testing/index';
import {
  duplicatesCountTwice,
  lateReadingsAreNotCounted,
  newestReceivedWins,
  shiftedMinutesAcrossHours,
  totalsOutsideTheTransaction,
} from '#tests/support/planted-stores';
import { open as openEarlyAnswers } from './open-early-answers-process.ts';

/** Runs suites and returns the cases that fail, each with its suite. */
async function failuresOf(define: (test: TestFunctions) => void): Promise<string[]> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = [];
  let suite = '';
  const add = (title: string, run: () => Promise<void>) => cases.push({ title: `${suite} > ${title}`, run });
  define({
    describe: (title, body) => {
      suite = title;
      body();
    },
    it: Object.assign(add, { skip: () => {} }),
  });
  expect(cases.length).toBeGreaterThan(0);
  const failed: string[] = [];
  for (const { title, run } of cases) await run().catch(() => failed.push(title));
  return failed;
}

function planted(open: () => EngineStore): StoreUnderTest<EngineStore> {
  const capabilities = { durable: false, multiWriter: false, rollups: false, retention: true };
  return { name: 'planted', capabilities, open: async () => open() };
}

describe('the conformance kit', () => {
  it.each([
    [
      'live state that is the reading received last',
      newestReceivedWins,
      'the hot store > advances by timestamp: a late reading is counted but does not change it',
    ],
    [
      'a duplicate that counts twice',
      duplicatesCountTwice,
      'the telemetry writer > recognizes the same reading in another commit and in the same one, and counts it once',
    ],
    [
      'a late reading that is missing from totals',
      lateReadingsAreNotCounted,
      'the cold store > counts a late reading in every total of the time it belongs to',
    ],
    [
      'a shifted minute that is counted once on both sides of an hour',
      shiftedMinutesAcrossHours,
      'minutes with readings > add up from hour to hour',
    ],
    [
      'totals that are written outside the transaction',
      totalsOutsideTheTransaction,
      'concurrent commits > never show a reader half of a commit',
    ],
  ])('catches %s', async (_, open, title) => {
    expect(await failuresOf((test) => telemetryStoreContract(test, planted(open)))).toContain(`planted: ${title}`);
  });

  it.each([newestReceivedWins, duplicatesCountTwice, lateReadingsAreNotCounted])(
    'catches %o by random histories as well',
    async (open) => {
      expect(await failuresOf((test) => telemetryModelContract(test, planted(open), { runs: 200 }))).toHaveLength(1);
    },
  );

  it('catches an acknowledgement before the commit, by killing the process', async () => {
    const capabilities = { durable: true, multiWriter: false, rollups: true, retention: true };
    const module = new URL('./open-early-answers-process.ts', import.meta.url);
    const store = { name: 'planted', capabilities, open: openEarlyAnswers };
    const failed = await failuresOf((test) => telemetryCrashContract(test, store, { module }));
    expect(failed).toEqual([expect.stringContaining('loses no acknowledged reading')]);
  });
});
