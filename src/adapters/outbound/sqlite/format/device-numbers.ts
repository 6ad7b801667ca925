import { streamTables } from './stream-tables.ts';

/** How many devices of a stream are remembered, about 100 bytes each, before they are forgotten and asked for anew. */
const REMEMBERED_DEVICES = 500_000;

/** A device that came without its number. */
export interface UnknownDevice {
  readonly stream: number;
  readonly id: string;
}

/**
 * The numbers under which the file knows its devices, as far as the file has told: a device keeps its number for ever.
 * With them the writer thread is sent numbers, and has no id to find.
 */
export class DeviceNumbers {
  readonly #byStream = streamTables.map(() => new Map<string, number>());

  find(stream: number, id: string): number | undefined {
    return this.#byStream[stream]?.get(id);
  }

  /** Takes the numbers that a commit has written or found, in the order of `unknown`. */
  learn(unknown: readonly UnknownDevice[], numbers: readonly number[]): void {
    for (const [i, { stream, id }] of unknown.entries()) {
      const known = this.#byStream[stream];
      if (known !== undefined && known.size >= REMEMBERED_DEVICES) known.clear();
      known?.set(id, numbers[i] as number);
    }
  }
}
