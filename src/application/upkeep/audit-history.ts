import { addFleetTotals, type DeviceTotals, type FleetTotals, type StreamTotals } from '#domain/reading/totals';
import { type Kind, kinds } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

/** Two sums that should be one. */
export interface Difference {
  /** The hour's start. */
  readonly hour: EpochMillis;
  readonly kind: Kind;
  /** A device's sums of the hour, the fleet's sums of the hour, or those of its minutes. */
  readonly sum: 'device-hour' | 'fleet-hour' | 'fleet-minutes';
  /** Which device; only with `device-hour`. */
  readonly deviceId?: string;
  /** Counted from the readings themselves, or from the sums of the devices where readings are no longer kept. */
  readonly counted: StreamTotals | DeviceTotals | undefined;
  /** What the store has as its sum. */
  readonly stored: StreamTotals | DeviceTotals | undefined;
}

/** Readings may arrive or go between two looks at an hour; what is still different after this many is a difference. */
const LOOKS = 3;

/** Recomputes every sum from raw history and compares: the proof that answers from sums are answers from readings. */
export class AuditHistory {
  readonly #store: Pick<TelemetryStore, 'cold' | 'rollups' | 'retention'>;

  constructor(store: Pick<TelemetryStore, 'cold' | 'rollups' | 'retention'>) {
    this.#store = store;
  }

  /**
   * Every difference in the hours that the window touches, hour by hour. Hours that are not closed have no device sums
   * to compare; of hours before the horizon there are no readings, and only sums are compared with each other.
   */
  async *audit(window: TimeWindow): AsyncGenerator<Difference, void, void> {
    const { from, to } = alignOutward(window, HOUR);
    for (let hour = from; hour < to; hour += HOUR) {
      let found = await this.#inHour(hour);
      for (let look = 1; look < LOOKS && found.length > 0; look++) found = await this.#inHour(hour);
      yield* found;
    }
  }

  async #inHour(hour: EpochMillis): Promise<Difference[]> {
    const horizon = (await this.#store.retention.horizon()) ?? -Infinity;
    const [fleetHour] = await this.#store.cold.fleetHours({ from: hour, to: hour + HOUR });
    const minutes = await this.#fleetMinutes(hour);
    const found: Difference[] = [];
    for (const kind of kinds) {
      const closed = await this.#store.rollups.closed({ kind, hour });
      const devices = hour < horizon ? closed : await this.#store.rollups.recount({ kind, hour });
      if (devices === undefined) continue;
      if (closed !== undefined && devices !== closed) found.push(...deviceDifferences(hour, kind, devices, closed));
      const counted = sumOf(devices);
      const stored = fleetHour?.totals[kind] ?? NOTHING;
      if (!sameTotals(counted, stored)) found.push({ hour, kind, sum: 'fleet-hour', counted, stored });
      const ofMinutes = { energy: minutes[kind].energy, readings: minutes[kind].readings };
      if (!sameTotals(counted, ofMinutes)) found.push({ hour, kind, sum: 'fleet-minutes', counted, stored: ofMinutes });
    }
    return found;
  }

  /** Both halves of an hour: no whole hour is in them, so they are answered from minutes. */
  async #fleetMinutes(hour: EpochMillis): Promise<FleetTotals> {
    const { cold } = this.#store;
    const half = hour + HOUR / 2;
    const first = await cold.fleetTotals({ from: hour, to: half });
    return addFleetTotals(first, await cold.fleetTotals({ from: half, to: hour + HOUR }));
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
  let [energy, readings] = [0, 0];
  for (const device of devices.values()) {
    energy += device.energy;
    readings += device.readings;
  }
  return { energy, readings };
}

function sameTotals(a: StreamTotals, b: StreamTotals): boolean {
  return a.energy === b.energy && a.readings === b.readings;
}

function sameDeviceTotals(a: DeviceTotals | undefined, b: DeviceTotals | undefined): boolean {
  if (a === undefined || b === undefined || !sameTotals(a, b)) return false;
  return Object.entries(a.sums).every(([field, sum]) => sum === b.sums[field]);
}
