import { kinds } from '#domain/streams/streams';

/** Devices remembered per stream, about 100 bytes each. When there are more, all are forgotten and learned again. */
const MAX_REMEMBERED_DEVICES = 500_000;

/** A device whose number is not remembered. */
export interface UnknownDevice {
  readonly stream: number;
  readonly id: string;
}

/**
 * The numbers of devices in the file, as learned from earlier commits: a device keeps its number forever. They spare
 * the writer thread the lookup of ids.
 */
export class DeviceNumbers {
  readonly #byStream = kinds.map(() => new Map<string, number>());

  find(stream: number, id: string): number | undefined {
    return this.#byStream[stream]?.get(id);
  }

  /** Remembers the numbers that a commit returned for its `unknown` devices; there are none if nothing was kept. */
  learn(unknown: readonly UnknownDevice[], numbers: readonly number[]): void {
    for (const [i, number] of numbers.entries()) {
      const { stream, id } = unknown[i] as UnknownDevice;
      const known = this.#byStream[stream];
      if (known !== undefined && known.size >= MAX_REMEMBERED_DEVICES) known.clear();
      known?.set(id, number);
    }
  }
}
