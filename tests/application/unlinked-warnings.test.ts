import { describe, expect, it } from 'vitest';
import { DetectLosses } from '#application/losses/detect-losses';
import type { EngineStore } from '#application/ports/engine-store';
import type { WarningRepository } from '#application/ports/warning-repository';
import { DEFAULT_WARNING_RULE, type LossWarning } from '#domain/loss-warning';
import { DAY, type EpochMillis, HOUR, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';
import { aWarning, aWatch } from '#testing/warnings';
import { stores } from '#tests/support/stores';

/** More vehicles than one step handles. */
const MANY = 700;
const LINKED = 'EV-7';
const vehicles = Array.from({ length: MANY }, (_, n) => `EV-${n}`);

const cleared = (vehicleId: string, clearedAt: EpochMillis): LossWarning =>
  aWarning({ vehicleId, state: 'cleared', clearedAt });

/** Stores warnings as the evaluation at `START` would open them. */
async function opened(store: EngineStore, vehicleIds: readonly string[]): Promise<void> {
  const warnings = vehicleIds.map((vehicleId) => aWarning({ vehicleId }));
  await store.warnings.keep(warnings.map((open) => ({ watch: aWatch(open, START, open.vehicleId), changed: open })));
  await store.warnings.evaluated(START);
}

/** Detects losses as soon as the hour that ends at `end` can be closed. */
const at = (store: EngineStore, end: EpochMillis, signal?: AbortSignal) =>
  new DetectLosses(store, new ManualClock(end + 2 * MINUTE), DEFAULT_WARNING_RULE).detect(signal);

const allClearedButOne = (clearedAt: EpochMillis) =>
  vehicles.map((vehicleId) => (vehicleId === LINKED ? aWarning({ vehicleId }) : cleared(vehicleId, clearedAt)));
const byId = (warnings: readonly LossWarning[]) => new Map(warnings.map((warning) => [warning.id, warning]));
const allOf = async ({ warnings }: EngineStore) => byId(await warnings.list({ limit: 2 * MANY }));

describe.each(stores)('an open warning of a vehicle that has lost its links, on $name', ({ open }) => {
  it.each([
    ['other vehicles have links', [aLink({ meterId: 'M-2', vehicleId: 'EV-2' })], START + 28 * HOUR],
    ['no link is left at all', [], START + 25 * HOUR],
  ])('clears at the end of the first window without a link, when %s', async (_, others, evaluated) => {
    const store = await open();
    await store.links.add([aLink({ from: START - DAY, to: START + HOUR + 30 * MINUTE }), ...others]);
    await opened(store, ['EV-1']);

    for (let hour = 1; hour <= 25; hour++) await at(store, START + hour * HOUR);
    expect(await store.warnings.list({ limit: 10 })).toEqual([aWarning()]);
    for (let hour = 26; hour <= 28; hour++) await at(store, START + hour * HOUR);

    expect(await store.warnings.list({ limit: 10 })).toEqual([cleared('EV-1', START + 26 * HOUR)]);
    expect(await store.warnings.list({ limit: 10, state: 'open' })).toEqual([]);
    expect((await store.warnings.watches(['EV-1'])).get('EV-1')).toMatchObject({ open: null, below: 0 });
    expect(await store.warnings.lastEvaluation()).toBe(evaluated);
  });

  it('clears once, whatever the number of processes and of warnings', async () => {
    const store = await open();
    await store.links.add([aLink({ vehicleId: LINKED, from: START - DAY })]);
    await opened(store, vehicles);

    await Promise.all([1, 2, 3].map(() => at(store, START + 2 * HOUR)));
    await at(store, START + 3 * HOUR);

    expect(await allOf(store)).toEqual(byId(allClearedButOne(START + HOUR)));
  });

  it.each(['is killed', 'is stopped'])('clears at the same time when the process at work %s', async (how) => {
    const store = await open();
    await store.links.add([aLink({ vehicleId: LINKED, from: START - DAY })]);
    await opened(store, vehicles);
    const stop = new AbortController();
    const interrupted = afterClearing(store, () => {
      if (how === 'is killed') throw new Error('killed');
      stop.abort();
    });
    const openOnes = async () => (await store.warnings.list({ state: 'open', limit: MANY })).length;

    await at(interrupted, START + HOUR, stop.signal).catch(() => {});
    expect(await openOnes()).toBeGreaterThan(1);
    expect(await openOnes()).toBeLessThan(MANY);
    expect(await store.warnings.lastEvaluation()).toBe(START);
    await at(store, START + 3 * HOUR);

    expect(await allOf(store)).toEqual(byId(allClearedButOne(START + HOUR)));
  });
});

/** The store, which calls `then` after storing a cleared warning. */
function afterClearing(store: EngineStore, then: () => void): EngineStore {
  const warnings: WarningRepository = {
    watches: (vehicleIds) => store.warnings.watches(vehicleIds),
    keep: async (changes) => {
      await store.warnings.keep(changes);
      if (changes.some(({ changed }) => changed !== null)) then();
    },
    list: (query) => store.warnings.list(query),
    lastEvaluation: () => store.warnings.lastEvaluation(),
    evaluated: (to) => store.warnings.evaluated(to),
  };
  return { ...store, warnings };
}
