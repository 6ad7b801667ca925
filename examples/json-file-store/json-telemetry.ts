import {
  addFleetTotals,
  byKind,
  type ColdStore,
  contains,
  DUPLICATE,
  deviceTotalsOf,
  type EpochMillis,
  type FleetTotals,
  fleetTotalsOf,
  floorTo,
  HOUR,
  type HotStore,
  type Kind,
  kinds,
  MAX_DEVICES_PER_PAGE,
  noFleetTotals,
  passesFilter,
  type Reading,
  readingKey,
  STORED,
  sameValues,
  type TelemetryStore,
  type TelemetryWriter,
  type TimeWindow,
  withheldOutcomes,
} from 'energy-ingestion-engine';
import { Journal } from './journal.ts';

/**
 * All readings in memory, and a journal of them. A commit is one entry: whole or not at all. Every answer is counted
 * from the readings, so there are no sums that could be wrong, and no upkeep.
 */
export async function openJsonTelemetry(file: string): Promise<TelemetryStore> {
  const fleet = byKind(() => new Map<string, Map<EpochMillis, Reading>>());
  const keep = (readings: readonly Reading[]) => {
    for (const reading of readings) {
      const { kind, deviceId, timestamp } = reading;
      const device = fleet[kind].get(deviceId) ?? new Map<EpochMillis, Reading>();
      fleet[kind].set(deviceId, device.set(timestamp, reading));
    }
  };
  const journal = await Journal.open(file, keep);
  /** Oldest first. */
  const readingsOf = (kind: Kind, deviceId: string, window: TimeWindow = ALWAYS) =>
    [...(fleet[kind].get(deviceId)?.values() ?? [])]
      .filter(({ timestamp }) => contains(window, timestamp))
      .sort((a, b) => a.timestamp - b.timestamp);
  const allReadings = (window: TimeWindow) =>
    kinds.flatMap((kind) => [...fleet[kind].keys()].flatMap((id) => readingsOf(kind, id, window)));

  const writer: TelemetryWriter = {
    commit: (readings, { atomic = false } = {}) =>
      journal.inTurn(async () => {
        const fresh = new Map<string, Reading>();
        const outcomes = readings.map((reading) => {
          const { kind, deviceId, timestamp } = reading;
          const key = readingKey(reading);
          const stored = fleet[kind].get(deviceId)?.get(timestamp) ?? fresh.get(key);
          if (stored) return sameValues(stored, reading) ? DUPLICATE : { status: 'conflict' as const, stored };
          fresh.set(key, reading);
          return STORED;
        });
        if (atomic && outcomes.some(({ status }) => status === 'conflict')) return withheldOutcomes(readings, outcomes);
        if (fresh.size > 0) await journal.append([...fresh.values()]);
        keep([...fresh.values()]); // not before they are on disk: nobody may see what could still be lost
        return outcomes;
      }),
  };

  const hot: HotStore = {
    newest: async (kind, deviceId) => readingsOf(kind, deviceId).at(-1),
    knows: async (kind, deviceId) => fleet[kind].has(deviceId),
    page: async (kind, { after = '', limit, filter }) => {
      const following = [...fleet[kind].keys()].sort().filter((deviceId) => deviceId > after);
      const readings: Reading[] = [];
      let examined = 0;
      for (const deviceId of following.slice(0, MAX_DEVICES_PER_PAGE)) {
        if (readings.length === limit) break;
        examined++;
        const newest = readingsOf(kind, deviceId).at(-1);
        if (newest !== undefined && passesFilter(filter, newest.timestamp)) readings.push(newest);
      }
      return { readings, next: examined < following.length ? (following[examined - 1] ?? null) : null };
    },
  };

  const totalsOf = (kind: Kind, deviceId: string, window: TimeWindow) =>
    deviceTotalsOf(kind, readingsOf(kind, deviceId, window));
  const cold: ColdStore = {
    history: async (kind, deviceId, window, { after = -Infinity, limit }) =>
      readingsOf(kind, deviceId, window)
        .filter(({ timestamp }) => timestamp > after)
        .slice(0, limit),
    deviceTotals: async (kind, deviceId, window) => totalsOf(kind, deviceId, window),
    totalsByDevice: async (kind, window) => {
      const totals = [...fleet[kind].keys()].map((deviceId) => [deviceId, totalsOf(kind, deviceId, window)] as const);
      return new Map(totals.filter(([, { readings }]) => readings > 0));
    },
    seriesByDevice: async (kind, deviceIds, window, width) => {
      const series = deviceIds.map((deviceId) => {
        const buckets = Map.groupBy(readingsOf(kind, deviceId, window), ({ timestamp }) => floorTo(width, timestamp));
        return [deviceId, [...buckets].map(([start, readings]) => bucketOf(start, readings))] as const;
      });
      return new Map(series.filter(([, buckets]) => buckets.length > 0));
    },
    fleetTotals: async (window) => sumOf(allReadings(window)),
    fleetHours: async (window) =>
      [...Map.groupBy(allReadings(window), ({ timestamp }) => floorTo(HOUR, timestamp))]
        .map(([hour, readings]) => ({ hour, totals: sumOf(readings) }))
        .sort((a, b) => a.hour - b.hour),
  };

  const health = { check: async () => {} };
  return { name: 'json', writer, hot, cold, upkeep: {}, health, close: () => journal.close() };
}

const ALWAYS: TimeWindow = { from: -Infinity, to: Infinity };

function bucketOf(start: EpochMillis, readings: readonly Reading[]) {
  const energies = readings.map(({ energy }) => energy);
  const energy = energies.reduce((sum, one) => sum + one);
  return { start, energy, readings: readings.length, min: Math.min(...energies), max: Math.max(...energies) };
}

function sumOf(readings: readonly Reading[]): FleetTotals {
  return readings.map(fleetTotalsOf).reduce(addFleetTotals, noFleetTotals());
}
