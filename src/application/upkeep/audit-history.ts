import { addFleetTotals, type DeviceTotals, type FleetTotals, type StreamTotals } from '#domain/reading/totals';
import { type ByKind, byKind, type Kind, kinds } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

/** Two sums that should be equal. */
export interface Difference {
  /** The hour's start. */
  readonly hour: EpochMillis;
  readonly kind: Kind;
  /**
   * Which stored sum differs: a device's of the hour, the fleet's of the hour, or the fleet's of the hour's minutes.
   */
  readonly sum: 'device-hour' | 'fleet-hour' | 'fleet-minutes';
  /** Only with `device-hour`. */
  readonly deviceId?: string;
  /** Counted from the readings, or from the devices' sums where the readings have been dropped. */
  readonly counted: StreamTotals | DeviceTotals | undefined;
  /** The sum as stored. */
  readonly stored: StreamTotals | DeviceTotals | undefined;
}

/** What an audit compared of one stream. Without any hour it proves nothing. */
export interface Compared {
  /** Hours with readings, or with sums of dropped readings. */
  readonly hours: number;
  /** Of these, hours without valid sums of devices, so that only the fleet's sums were compared. */
  readonly unclosed: number;
  /** Of these, hours whose readings were dropped, so that sums were only compared with each other. */
  readonly dropped: number;
  readonly readings: number;
  /** Distinct devices. */
  readonly devices: number;
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
   * Yields every difference in the hours that overlap the window, hour by hour, and returns what was compared. Hours
   * that are not closed have no device sums to compare. Hours before the horizon have no readings, so their sums are
   * only compared with each other. Rejects like the store.
   */
  async *audit(window: TimeWindow): AsyncGenerator<Difference, ByKind<Compared>, void> {
    const { from, to } = alignOutward(window, HOUR);
    const counts = byKind(() => new Counts());
    for (let hour = from; hour < to; hour += HOUR) {
      let found = await this.#inHour(hour);
      for (let attempt = 1; attempt < MAX_ATTEMPTS && found.differences.length > 0; attempt++) {
        found = await this.#inHour(hour);
      }
      for (const audited of found.audited) counts[audited.kind].add(audited);
      yield* found.differences;
    }
    return byKind((kind) => counts[kind].compared());
  }

  async #inHour(hour: EpochMillis): Promise<{ differences: Difference[]; audited: AuditedHour[] }> {
    const window = { from: hour, to: hour + HOUR };
    const horizon = (await this.#store.upkeep.retention?.horizon()) ?? -Infinity;
    const [fleetHour] = await this.#store.cold.fleetHours(window);
    const minutes = await this.#fleetMinutes(hour);
    const found: Difference[] = [];
    const audited: AuditedHour[] = [];
    for (const kind of kinds) {
      const { rollups } = this.#store.upkeep;
      const closed = await rollups?.closed({ kind, hour });
      let devices = closed;
      // Without rollups the totals are counted from the readings, where there are any.
      if (rollups === undefined) devices = await this.#store.cold.totalsByDevice(kind, window);
      else if (hour >= horizon) devices = await rollups.recount({ kind, hour });
      if (devices === undefined) continue;
      if (closed !== undefined && devices !== closed) found.push(...deviceDifferences(hour, kind, devices, closed));
      const counted = sumOf(devices);
      const stored = fleetHour?.totals[kind] ?? NOTHING;
      const isUnclosed = rollups !== undefined && closed === undefined;
      const { readings } = counted;
      audited.push({ kind, deviceIds: devices.keys(), readings, isUnclosed, isDropped: hour < horizon });
      if (!sameTotals(counted, stored)) found.push({ hour, kind, sum: 'fleet-hour', counted, stored });
      const ofMinutes = { energy: minutes[kind].energy, readings: minutes[kind].readings };
      if (!sameTotals(counted, ofMinutes)) found.push({ hour, kind, sum: 'fleet-minutes', counted, stored: ofMinutes });
    }
    return { differences: found, audited };
  }

  /** The sum of both halves of the hour: neither contains a whole hour, so the store answers from minutes. */
  async #fleetMinutes(hour: EpochMillis): Promise<FleetTotals> {
    const { cold } = this.#store;
    const half = hour + HOUR / 2;
    const first = await cold.fleetTotals({ from: hour, to: half });
    return addFleetTotals(first, await cold.fleetTotals({ from: half, to: hour + HOUR }));
  }
}

/** What was compared of one stream in one hour. */
interface AuditedHour {
  readonly kind: Kind;
  readonly deviceIds: Iterable<string>;
  readonly readings: number;
  readonly isUnclosed: boolean;
  readonly isDropped: boolean;
}

class Counts {
  #hours = 0;
  #unclosed = 0;
  #dropped = 0;
  #readings = 0;
  readonly #deviceIds = new Set<string>();

  add({ deviceIds, readings, isUnclosed, isDropped }: AuditedHour): void {
    if (readings === 0) return;
    this.#hours++;
    if (isUnclosed) this.#unclosed++;
    if (isDropped) this.#dropped++;
    this.#readings += readings;
    for (const deviceId of deviceIds) this.#deviceIds.add(deviceId);
  }

  compared(): Compared {
    return {
      hours: this.#hours,
      unclosed: this.#unclosed,
      dropped: this.#dropped,
      readings: this.#readings,
      devices: this.#deviceIds.size,
    };
  }
}

type ByDevice = ReadonlyMap<string, DeviceTotals>;
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
