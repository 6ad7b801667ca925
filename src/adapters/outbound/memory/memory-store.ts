import type { ColdStore, FleetHour, HistoryQuery } from '#application/ports/cold-store';
import type { EngineStore } from '#application/ports/engine-store';
import {
  type HotStore,
  type LivePageQuery,
  type LiveReadings,
  MAX_DEVICES_PER_PAGE,
} from '#application/ports/hot-store';
import type { RecordStore } from '#application/ports/record-store';
import type { Retention } from '#application/ports/retention';
import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import type { KnownTime, TimeRecord } from '#application/ports/time-record';
import type { Upkeep } from '#application/ports/upkeep';
import type { EnergySeries } from '#domain/energy/energy-series';
import { type CommitOutcome, DUPLICATE, STORED, withheldOutcomes } from '#domain/reading/ingest-outcome';
import { advancesLiveState, passesFilter } from '#domain/reading/live-state';
import { type Reading, readingKey, sameValues } from '#domain/reading/reading';
import {
  addFleetTotals,
  type DeviceTotals,
  type FleetTotals,
  fleetTotalsOf,
  noDeviceTotals,
  noFleetTotals,
} from '#domain/reading/totals';
import { byKind, type Kind, kinds } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { DeviceHistory } from './device-history.ts';
import { MemoryLinks } from './memory-links.ts';
import { MemoryWarnings } from './memory-warnings.ts';
import { OrderedIds } from './ordered-ids.ts';

/**
 * Keeps everything in this process, for tests and demos. It gives the same answers as the other stores, and everything is
 * lost when the process ends. A commit is one synchronous step, and therefore atomic. Long windows are summed from the
 * readings, so there are no rollups.
 */
export function createMemoryStore(): EngineStore & { readonly upkeep: Pick<Required<Upkeep>, 'retention' | 'time'> } {
  const memory = new Memory();
  return {
    writer: memory,
    hot: memory,
    cold: memory,
    upkeep: { retention: memory, time: memory },
    ...createMemoryRecords(),
  };
}

/** Links and warnings in this process, lost when it ends: for a telemetry store that keeps none itself. */
export function createMemoryRecords(): RecordStore {
  return {
    name: 'memory',
    links: new MemoryLinks(),
    warnings: new MemoryWarnings(),
    health: { check: async () => {} },
    close: async () => {},
  };
}

class Memory implements TelemetryWriter, HotStore, ColdStore, Retention, TimeRecord {
  readonly #histories = byKind(() => new Map<string, DeviceHistory>());
  readonly #live = byKind(() => new Map<string, Reading>());
  readonly #ids = byKind(() => new OrderedIds());
  readonly #minutes = new Map<number, FleetTotals>();
  #horizon: EpochMillis | undefined;
  #time: KnownTime | undefined;

  async commit(
    readings: readonly Reading[],
    { atomic = false }: CommitOptions = {},
  ): Promise<readonly CommitOutcome[]> {
    if (atomic) {
      const judged = this.#judge(readings);
      if (judged.some(({ status }) => status === 'conflict')) return withheldOutcomes(readings, judged);
    }
    return readings.map((reading) => this.#keep(reading));
  }

  async newest(kind: Kind, deviceId: string): Promise<Reading | undefined> {
    return this.#live[kind].get(deviceId);
  }

  async knows(kind: Kind, deviceId: string): Promise<boolean> {
    return this.#live[kind].has(deviceId);
  }

  async page(kind: Kind, { after = '', limit, filter }: LivePageQuery): Promise<LiveReadings> {
    const readings: Reading[] = [];
    let last: string | undefined;
    let examined = 0;
    for (const id of this.#ids[kind].after(after)) {
      if (last !== undefined && (readings.length === limit || examined === MAX_DEVICES_PER_PAGE)) {
        return { readings, next: last };
      }
      last = id;
      examined++;
      const reading = this.#live[kind].get(id);
      if (reading !== undefined && passesFilter(filter, reading.timestamp)) readings.push(reading);
    }
    return { readings, next: null };
  }

  async history(kind: Kind, deviceId: string, window: TimeWindow, query: HistoryQuery): Promise<readonly Reading[]> {
    const from = query.after === undefined ? window.from : Math.max(window.from, query.after + 1);
    return this.#history(kind, deviceId)?.between({ from, to: window.to }, query.limit) ?? [];
  }

  async deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): Promise<DeviceTotals> {
    return this.#history(kind, deviceId)?.totals(window) ?? noDeviceTotals(kind);
  }

  async seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): Promise<ReadonlyMap<string, EnergySeries>> {
    const series = deviceIds.map((id) => [id, this.#history(kind, id)?.series(window, width) ?? []] as const);
    return new Map(series.filter(([, buckets]) => buckets.length > 0));
  }

  async totalsByDevice(kind: Kind, window: TimeWindow): Promise<ReadonlyMap<string, DeviceTotals>> {
    const totals = [...this.#histories[kind]].map(([deviceId, history]) => [deviceId, history.totals(window)] as const);
    return new Map(totals.filter(([, { readings }]) => readings > 0));
  }

  async fleetTotals({ from, to }: TimeWindow): Promise<FleetTotals> {
    const inWindow = [...this.#minutes].filter(([minute]) => from <= minute && minute < to);
    return inWindow.map(([, totals]) => totals).reduce(addFleetTotals, noFleetTotals());
  }

  async fleetHours({ from, to }: TimeWindow): Promise<readonly FleetHour[]> {
    const hours = new Map<number, FleetTotals>();
    for (const [minute, totals] of this.#minutes) {
      if (minute < from || minute >= to) continue;
      const hour = floorTo(HOUR, minute);
      hours.set(hour, addFleetTotals(hours.get(hour) ?? noFleetTotals(), totals));
    }
    return [...hours].map(([hour, totals]) => ({ hour, totals })).sort((a, b) => a.hour - b.hour);
  }

  async horizon(): Promise<EpochMillis | undefined> {
    return this.#horizon;
  }

  async dropBefore(before: EpochMillis): Promise<EpochMillis> {
    for (const kind of kinds) {
      for (const history of this.#histories[kind].values()) history.dropBefore(before);
    }
    this.#horizon = Math.max(this.#horizon ?? -Infinity, before);
    return this.#horizon;
  }

  async moveBack(to: EpochMillis): Promise<void> {
    if ((this.#horizon ?? -Infinity) <= to) return;
    this.#horizon = to;
    for (const minute of [...this.#minutes.keys()].filter((minute) => minute >= to)) this.#minutes.delete(minute);
    for (const kind of kinds) {
      for (const history of this.#histories[kind].values()) {
        history.moveBack(to);
        for (const reading of history.between({ from: to, to: Infinity })) this.#count(reading);
      }
    }
  }

  async read(): Promise<KnownTime | undefined> {
    if (this.#time !== undefined) return this.#time;
    const newest = kinds.flatMap((kind) => [...this.#live[kind].values()]).sort((a, b) => b.timestamp - a.timestamp)[0];
    return newest && { confirmed: newest.receivedAt, clock: newest.receivedAt };
  }

  async write(known: KnownTime): Promise<void> {
    this.#time = known;
  }

  #history(kind: Kind, deviceId: string): DeviceHistory | undefined {
    return this.#histories[kind].get(deviceId);
  }

  /** The outcome that each reading would have, without storing any. */
  #judge(readings: readonly Reading[]): CommitOutcome[] {
    const first = new Map<string, Reading>();
    return readings.map((reading) => {
      const key = readingKey(reading);
      const stored = this.#history(reading.kind, reading.deviceId)?.at(reading.timestamp) ?? first.get(key);
      if (stored === undefined) first.set(key, reading);
      return outcomeBeside(stored, reading);
    });
  }

  #keep(reading: Reading): CommitOutcome {
    const { kind, deviceId, timestamp } = reading;
    let history = this.#history(kind, deviceId);
    if (history === undefined) {
      history = new DeviceHistory(kind, this.#horizon ?? -Infinity);
      this.#histories[kind].set(deviceId, history);
      this.#ids[kind].add(deviceId);
    }
    const outcome = outcomeBeside(history.at(timestamp), reading);
    if (outcome !== STORED) return outcome;

    history.add(reading);
    if (advancesLiveState(this.#live[kind].get(deviceId), reading)) this.#live[kind].set(deviceId, reading);
    this.#count(reading);
    return STORED;
  }

  #count(reading: Reading): void {
    const minute = floorTo(MINUTE, reading.timestamp);
    const totals = this.#minutes.get(minute) ?? noFleetTotals();
    this.#minutes.set(minute, addFleetTotals(totals, fleetTotalsOf(reading)));
  }
}

function outcomeBeside(stored: Reading | undefined, reading: Reading): CommitOutcome {
  if (stored === undefined) return STORED;
  return sameValues(stored, reading) ? DUPLICATE : { status: 'conflict', stored };
}
