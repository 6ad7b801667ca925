import { setImmediate as turn } from 'node:timers/promises';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { ColdStore } from '#application/ports/cold-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { addFleetTotals, fleetTotalsOf, MINUTE_SHIFT, noFleetTotals } from '#domain/reading/totals';
import { byKind } from '#domain/streams/streams';
import { floorTo, MINUTE } from '#domain/time/time';
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

/** A memory store that takes a shifted minute on both sides of an hour for one. */
export function shiftedMinutesAcrossHours(): EngineStore {
  const store = createMemoryStore();
  return {
    ...store,
    cold: {
      ...coldPorts(store),
      deviceTotals: async (kind, deviceId, window) => {
        const readings = await store.cold.history(kind, deviceId, window, { limit: Infinity });
        const minutes = readings.map(({ timestamp }) => floorTo(MINUTE, timestamp + MINUTE_SHIFT));
        const totals = await store.cold.deviceTotals(kind, deviceId, window);
        return { ...totals, shiftedMinutes: new Set(minutes).size };
      },
    },
  };
}

function coldPorts({ cold }: EngineStore): ColdStore {
  return {
    history: (...query) => cold.history(...query),
    deviceTotals: (...query) => cold.deviceTotals(...query),
    seriesByDevice: (...query) => cold.seriesByDevice(...query),
    totalsByDevice: (...query) => cold.totalsByDevice(...query),
    fleetHours: (...query) => cold.fleetHours(...query),
    fleetTotals: (...query) => cold.fleetTotals(...query),
  };
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
      ...coldPorts(store),
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
