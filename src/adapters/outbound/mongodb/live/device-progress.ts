import type { Reading } from '#domain/reading/reading';
import { byKind, type Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';

/** Devices of a stream that are remembered, some 50 MB. With more of them all are forgotten, which costs a write each. */
const MOST_REMEMBERED = 500_000;

/**
 * The newest timestamp of each device that this process has committed or read. Others may have committed newer ones, and
 * of devices that post elsewhere nothing is known: it spares work, and decides nothing.
 */
export class DeviceProgress {
  readonly #devices = byKind(() => new Map<string, EpochMillis>());
  readonly #mostRemembered: number;

  constructor(mostRemembered = MOST_REMEMBERED) {
    this.#mostRemembered = mostRemembered;
  }

  /** A timestamp that the device has reached, if any is known. */
  newest(kind: Kind, deviceId: string): EpochMillis | undefined {
    return this.#devices[kind].get(deviceId);
  }

  /** Whether the reading may be in the history already: it is not newer than what is known, or nothing is known. */
  mayBeStored({ kind, deviceId, timestamp }: Reading): boolean {
    return timestamp <= (this.newest(kind, deviceId) ?? Infinity);
  }

  /** The hour of the newest reading, as far as is known. */
  hourOf(kind: Kind, deviceId: string): EpochMillis | undefined {
    const newest = this.newest(kind, deviceId);
    return newest === undefined ? undefined : floorTo(HOUR, newest);
  }

  /** Whether a reading begins an hour of its device, as far as is known. */
  beginsHour({ kind, deviceId, timestamp }: Reading): boolean {
    return timestamp >= (this.hourOf(kind, deviceId) ?? -Infinity) + HOUR;
  }

  /** To be told of readings that are committed, and of no others. */
  advance(readings: readonly Reading[]): void {
    for (const { kind, deviceId, timestamp } of readings) {
      const devices = this.#devices[kind];
      const newest = devices.get(deviceId);
      if (newest === undefined && devices.size >= this.#mostRemembered) devices.clear();
      if (timestamp > (newest ?? -Infinity)) devices.set(deviceId, timestamp);
    }
  }
}
