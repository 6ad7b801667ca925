import type { Reading } from '#domain/reading/reading';
import { byKind, type Kind, kinds } from '#domain/streams/streams';

/**
 * Devices per stream, some 40 MB. They take minutes to write at full load, so a device that finds no room is better
 * found by a sweep.
 */
const MAX_DEVICES = 200_000;

/** Committed readings whose live documents are yet to be written: the newest one of each device. */
export class PendingReadings {
  readonly #readings = byKind(() => new Map<string, Reading>());
  readonly #maxDevices: number;

  constructor(maxDevices = MAX_DEVICES) {
    this.#maxDevices = maxDevices;
  }

  get isEmpty(): boolean {
    return kinds.every((kind) => this.#readings[kind].size === 0);
  }

  /** Returns `false` when there was no room for a device: its reading is not pending. */
  add(readings: readonly Reading[]): boolean {
    let hadRoom = true;
    for (const reading of readings) {
      const ofKind = this.#readings[reading.kind];
      const pending = ofKind.get(reading.deviceId);
      if (pending === undefined && ofKind.size >= this.#maxDevices) hadRoom = false;
      else if (pending === undefined || pending.timestamp < reading.timestamp) ofKind.set(reading.deviceId, reading);
    }
    return hadRoom;
  }

  /** The readings of the devices that have waited longest. They stay pending until they are `written`. */
  first(kind: Kind, max: number): readonly Reading[] {
    const first: Reading[] = [];
    for (const reading of this.#readings[kind].values()) {
      if (first.length === max) break;
      first.push(reading);
    }
    return first;
  }

  /** Removes readings. A device that has sent again meanwhile goes to the end of the queue. */
  written(readings: readonly Reading[]): void {
    for (const reading of readings) {
      const ofKind = this.#readings[reading.kind];
      const pending = ofKind.get(reading.deviceId);
      ofKind.delete(reading.deviceId);
      if (pending !== undefined && pending !== reading) ofKind.set(reading.deviceId, pending);
    }
  }
}
