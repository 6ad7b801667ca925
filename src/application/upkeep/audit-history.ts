import { addFleetTotals, type DeviceTotals, type FleetTotals, type StreamTotals } from '#domain/reading/totals';
import { type ByKind, byKind, type Kind, kinds } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { StoreDamagedError } from '../errors.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

/** Two sums that should be equal. */
export interface Difference {
  /** The hour's start. */
  readonly hour: EpochMillis;
  readonly kind: Kind;
  /**
   * Which stored sum differs: a device's of the hour, the fleet's of the hour, or the fleet's of the hour's minutes.
   * With `damage` none was compared.
   */
  readonly sum: 'device-hour' | 'fleet-hour' | 'fleet-minutes' | 'damage';
  /** Only with `device-hour`. */
  readonly deviceId?: string;
  /** Counted from the readings, or from the devices' sums where the readings have been dropped. */
  readonly counted: StreamTotals | DeviceTotals | undefined;
  /** The sum as stored. */
  readonly stored: StreamTotals | DeviceTotals | undefined;
  /** Only with `damage`: which stored data cannot be read. */
  readonly damage?: string;
}

/** What an audit compared, so that "no difference" can be told from "nothing to compare". */
export interface AuditSummary {
  /** Hours of the window that have readings of any stream, or sums of any. */
  readonly hours: number;
  /** Hours of a stream among them whose sums by device were not compared, because they are not closed. */
  readonly unclosed: number;
  /** By stream: readings in these hours, and devices that sent any, counted once. */
  readonly compared: ByKind<{ readonly readings: number; readonly devices: number }>;
}

/** Readings may arrive or be dropped during an attempt; what still differs after this many attempts is a difference. */
const MAX_ATTEMPTS = 3;

/** Recomputes every sum from raw history and compares, to prove that answers from sums equal answers from readings. */
export class AuditHistory {
  readonly #store: Pick<TelemetryStore, 'cold' | 'upkeep'>;

  constructor(store: Pick<TelemetryStore, 'cold' | 'upkeep'>) {
    this.#store = store;
  }

  /**
   * Yields every difference in the hours that overlap the window, hour by hour. Hours that are not closed have no
   * device sums to compare. Hours before the horizon have no readings, so their sums are only compared with each other.
   * An hour with damaged data yields one difference that says where they are, and the audit goes on.
   * Returns what was compared. Rejects like the store.
   */
  async *audit(window: TimeWindow): AsyncGenerator<Difference, AuditSummary, void> {
    const { from, to } = alignOutward(window, HOUR);
    const compared = new Comparison();
    for (let hour = from; hour < to; hour += HOUR) {
      let one = await this.#inHour(hour);
      for (let attempt = 1; attempt < MAX_ATTEMPTS && one.found.length > 0; attempt++) one = await this.#inHour(hour);
      compared.add(one);
      yield* one.found;
    }
    return compared.summary();
  }

  async #inHour(hour: EpochMillis): Promise<AuditedHour> {
    const window = { from: hour, to: hour + HOUR };
    const horizon = (await this.#store.upkeep.retention?.horizon()) ?? -Infinity;
    const [fleetHour] = await this.#store.cold.fleetHours(window);
    const minutes = await this.#fleetMinutes(hour);
    const found: Difference[] = [];
    const audited: AuditedHour = { found, devices: byKind(() => undefined), totals: fleetHour?.totals, unclosed: 0 };
    for (const kind of kinds) {
      const { rollups } = this.#store.upkeep;
      let closed: ByDevice | undefined;
      let devices: ByDevice | undefined;
      try {
        closed = await rollups?.closed({ kind, hour });
        devices = closed;
        // Without rollups the totals are counted from the readings, where there are any.
        if (rollups === undefined) devices = await this.#store.cold.totalsByDevice(kind, window);
        else if (hour >= horizon) devices = await rollups.recount({ kind, hour });
      } catch (error) {
        if (!(error instanceof StoreDamagedError)) throw error;
        found.push({ hour, kind, sum: 'damage', counted: undefined, stored: undefined, damage: error.message });
        continue;
      }
      if (devices === undefined) continue;
      audited.devices[kind] = devices;
      if (rollups !== undefined && closed === undefined && devices.size > 0) audited.unclosed++;
      if (closed !== undefined && devices !== closed) found.push(...deviceDifferences(hour, kind, devices, closed));
      const counted = sumOf(devices);
      const stored = fleetHour?.totals[kind] ?? NOTHING;
      if (!sameTotals(counted, stored)) found.push({ hour, kind, sum: 'fleet-hour', counted, stored });
      const ofMinutes = { energy: minutes[kind].energy, readings: minutes[kind].readings };
      if (!sameTotals(counted, ofMinutes)) found.push({ hour, kind, sum: 'fleet-minutes', counted, stored: ofMinutes });
    }
    return audited;
  }

  /** The sum of both halves of the hour: neither contains a whole hour, so the store answers from minutes. */
  async #fleetMinutes(hour: EpochMillis): Promise<FleetTotals> {
    const { cold } = this.#store;
    const half = hour + HOUR / 2;
    const first = await cold.fleetTotals({ from: hour, to: half });
    return addFleetTotals(first, await cold.fleetTotals({ from: half, to: hour + HOUR }));
  }
}

type ByDevice = ReadonlyMap<string, DeviceTotals>;

/** One hour: its differences, and what they were looked for in. */
interface AuditedHour {
  readonly found: readonly Difference[];
  readonly devices: ByKind<ByDevice | undefined>;
  readonly totals: FleetTotals | undefined;
  unclosed: number;
}

/** Counts what the hours of an audit had to compare. */
class Comparison {
  #hours = 0;
  #unclosed = 0;
  readonly #readings = byKind(() => 0);
  readonly #devices = byKind(() => new Set<string>());

  add({ devices, totals, unclosed }: AuditedHour): void {
    if (totals !== undefined || kinds.some((kind) => devices[kind]?.size)) this.#hours++;
    this.#unclosed += unclosed;
    for (const kind of kinds) {
      this.#readings[kind] += sumOf(devices[kind] ?? new Map()).readings;
      for (const id of devices[kind]?.keys() ?? []) this.#devices[kind].add(id);
    }
  }

  summary(): AuditSummary {
    const compared = byKind((kind) => ({ readings: this.#readings[kind], devices: this.#devices[kind].size }));
    return { hours: this.#hours, unclosed: this.#unclosed, compared };
  }
}

const NOTHING: StreamTotals = { energy: 0, readings: 0 };

function deviceDifferences(hour: EpochMillis, kind: Kind, counted: ByDevice, stored: ByDevice): Difference[] {
  return [...new Set([...counted.keys(), ...stored.keys()])].sort().flatMap((deviceId) => {
    const both = { counted: counted.get(deviceId), stored: stored.get(deviceId) };
    return sameDeviceTotals(both.counted, both.stored)
      ? []
      : [{ hour, kind, sum: 'device-hour' as const, deviceId, ...both }];
  });
}

function sumOf(devices: ByDevice): StreamTotals {
  const add = (a: StreamTotals, b: StreamTotals) => ({
    energy: a.energy + b.energy,
    readings: a.readings + b.readings,
  });
  return [...devices.values()].reduce(add, NOTHING);
}

function sameTotals(a: StreamTotals, b: StreamTotals): boolean {
  return a.energy === b.energy && a.readings === b.readings;
}

function sameDeviceTotals(a: DeviceTotals | undefined, b: DeviceTotals | undefined): boolean {
  if (a === undefined || b === undefined || !sameTotals(a, b)) return false;
  if (a.minutes !== b.minutes || a.shiftedMinutes !== b.shiftedMinutes || a.activeMinutes !== b.activeMinutes) {
    return false;
  }
  return Object.entries(a.sums).every(([field, sum]) => sum === b.sums[field]);
}
