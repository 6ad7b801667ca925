import { type CommitOutcome, DUPLICATE, STORED } from '#domain/reading/ingest-outcome';
import { type Reading, readingKey, sameValues } from '#domain/reading/reading';
import { byKind } from '#domain/streams/streams';

/** The readings found in the history, by `readingKey`. */
export type KnownReadings = ReadonlyMap<string, Reading>;

export const NOTHING_KNOWN: KnownReadings = new Map();

/** The keys of a batch, and for each the index of the first reading that has it. */
interface Keys {
  readonly all: readonly string[];
  readonly first: ReadonlyMap<string, number>;
}

/** The readings of one commit. The first reading of a key wins. */
export class CommitBatch {
  readonly #readings: readonly Reading[];
  readonly #hasOneReadingPerDevice: boolean;
  #keys: Keys | undefined;

  constructor(readings: readonly Reading[]) {
    this.#readings = readings;
    this.#hasOneReadingPerDevice = hasOneReadingPerDevice(readings);
  }

  /** One reading for each key that is not known. */
  unknown(known: KnownReadings): readonly Reading[] {
    if (this.#allAreNew(known)) return this.#readings;
    const keys = this.#allKeys();
    return this.#readings.filter((_, index) => isFirstOfKey(keys, index) && !known.has(keys.all[index] as string));
  }

  /** The outcome of each reading, in their order, once every key that is not known is stored. */
  outcomes(known: KnownReadings): CommitOutcome[] {
    if (this.#allAreNew(known)) return this.#readings.map(() => STORED);
    const keys = this.#allKeys();
    return this.#readings.map((reading, index) => {
      const key = keys.all[index] as string;
      const before = known.get(key);
      if (before === undefined && isFirstOfKey(keys, index)) return STORED;
      const stored = before ?? this.#readings[keys.first.get(key) as number] ?? reading;
      return sameValues(stored, reading) ? DUPLICATE : { status: 'conflict', stored };
    });
  }

  #allAreNew(known: KnownReadings): boolean {
    return known.size === 0 && this.#hasOneReadingPerDevice;
  }

  /** Built on first use, which is rare. */
  #allKeys(): Keys {
    if (this.#keys === undefined) {
      const all = this.#readings.map(readingKey);
      const first = new Map<string, number>();
      all.forEach((key, index) => {
        if (!first.has(key)) first.set(key, index);
      });
      this.#keys = { all, first };
    }
    return this.#keys;
  }
}

/** If no two readings are of the same device, all keys differ. */
function hasOneReadingPerDevice(readings: readonly Reading[]): boolean {
  const seen = byKind(() => new Set<string>());
  return readings.every(({ kind, deviceId }) => !seen[kind].has(deviceId) && seen[kind].add(deviceId));
}

function isFirstOfKey({ all, first }: Keys, index: number): boolean {
  return first.get(all[index] as string) === index;
}
