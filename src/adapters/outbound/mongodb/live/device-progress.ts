import type { Reading } from '#domain/reading/reading';
import { byKind, type Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';

/** Devices remembered per stream, some 50 MB. When there are more, all are forgotten, which costs one write for each. */
const MAX_DEVICES = 500_000;

/**
 * The newest timestamp that this process has committed or read for each device. Another process may have committed a
 * newer one, or all readings of a device: this saves work and decides nothing.
 */
export class DeviceProgress {
  readonly #devices = byKind(() => new Map<string, EpochMillis>());
  readonly #maxDevices: number;

  constructor(maxDevices = MAX_DEVICES) {
    this.#maxDevices = maxDevices;
  }

  /** A timestamp that the device has reached; `undefined` if none is known. */
  newest(kind: Kind, deviceId: string): EpochMillis | undefined {
    return this.#devices[kind].get(deviceId);
  }

  /** Whether the reading may already be in the history: it is not newer than what is known, or nothing is known. */
  mayBeStored({ kind, deviceId, timestamp }: Reading): boolean {
    return timestamp <= (this.newest(kind, deviceId) ?? Infinity);
  }

  /** The hour of the device's newest reading, as far as is known. */
  hourOf(kind: Kind, deviceId: string): EpochMillis | undefined {
    const newest = this.newest(kind, deviceId);
    return newest === undefined ? undefined : floorTo(HOUR, newest);
  }

  /** Whether a reading is the first of its hour for its device, as far as is known. */
  beginsHour({ kind, deviceId, timestamp }: Reading): boolean {
    return timestamp >= (this.hourOf(kind, deviceId) ?? -Infinity) + HOUR;
  }

  /** Takes note of readings, which must be committed. */
  advance(readings: readonly Reading[]): void {
    for (const { kind, deviceId, timestamp } of readings) {
      const devices = this.#devices[kind];
      const newest = devices.get(deviceId);
      if (newest === undefined && devices.size >= this.#maxDevices) devices.clear();
      if (timestamp > (newest ?? -Infinity)) devices.set(deviceId, timestamp);
    }
  }
}
