import { setImmediate as turn } from 'node:timers/promises';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { addFleetTotals, fleetTotalsOf, noFleetTotals } from '#domain/reading/totals';
import { byKind } from '#domain/streams/streams';
import { contains } from '#domain/time/time-window';

/** A memory store whose live state is the reading received last. */
export function newestReceivedWins(): EngineStore {
  const store = createMemoryStore();
  const live = byKind(() => new Map<string, Reading>());
  return {
    ...store,
    writer: watched(store, async (readings, outcomes) => {
      for (const [i, reading] of readings.entries()) {
        if (outcomes[i]?.status === 'stored') live[reading.kind].set(reading.deviceId, reading);
      }
    }),
    hot: {
      newest: async (kind, deviceId) => live[kind].get(deviceId),
      knows: (kind, deviceId) => store.hot.knows(kind, deviceId),
      page: (kind, query) => store.hot.page(kind, query),
    },
  };
}

/** A memory store whose fleet totals count every duplicate again. */
export function duplicatesCountTwice(): EngineStore {
  return withOwnTotals((_, { status }) => status === 'stored' || status === 'duplicate');
}

/** A memory store whose fleet totals leave out readings that are older than their device's live state. */
export function lateReadingsAreNotCounted(): EngineStore {
  const newest = new Map<string, number>();
  return withOwnTotals(({ kind, deviceId, timestamp }, { status }) => {
    const device = `${kind} ${deviceId}`;
    const isLate = timestamp < (newest.get(device) ?? -Infinity);
    newest.set(device, Math.max(timestamp, newest.get(device) ?? -Infinity));
    return status === 'stored' && !isLate;
  });
}

/** A memory store that writes fleet totals after the transaction that has the readings, and before its answer. */
export function totalsOutsideTheTransaction(): EngineStore {
  return withOwnTotals((_, { status }) => status === 'stored', turn);
}

/** Fleet totals of its own: those of the readings that `counts` picks, written after `delay`. */
function withOwnTotals(
  counts: (reading: Reading, outcome: CommitOutcome) => boolean,
  delay: () => Promise<unknown> = async () => {},
): EngineStore {
  const store = createMemoryStore();
  const counted: Reading[] = [];
  return {
    ...store,
    writer: watched(store, async (readings, outcomes) => {
      const own = readings.filter((reading, i) => counts(reading, outcomes[i] as CommitOutcome));
      await delay();
      counted.push(...own);
    }),
    cold: {
      history: (...query) => store.cold.history(...query),
      deviceTotals: (...query) => store.cold.deviceTotals(...query),
      seriesByDevice: (...query) => store.cold.seriesByDevice(...query),
      totalsByDevice: (...query) => store.cold.totalsByDevice(...query),
      fleetHours: (...query) => store.cold.fleetHours(...query),
      fleetTotals: async (window) =>
        counted
          .filter(({ timestamp }) => contains(window, timestamp))
          .map(fleetTotalsOf)
          .reduce(addFleetTotals, noFleetTotals()),
    },
  };
}

/** A writer that does something between a commit and its answer. */
function watched(
  { writer }: EngineStore,
  after: (readings: readonly Reading[], outcomes: readonly CommitOutcome[]) => Promise<void>,
): EngineStore['writer'] {
  return {
    commit: async (readings, options) => {
      const outcomes = await writer.commit(readings, options);
      await after(readings, outcomes);
      return outcomes;
    },
  };
}
