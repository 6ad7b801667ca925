import { type CommitOutcome, DUPLICATE, STORED } from '#domain/reading/ingest-outcome';
import { type Reading, sameValues } from '#domain/reading/reading';
import { byKind } from '#domain/streams/streams';

/** A reading's identity as one string. */
export function keyOf({ kind, deviceId, timestamp }: Reading): string {
  return `${kind} ${deviceId} ${timestamp}`;
}

/** The readings found in the history, by `keyOf`. */
export type KnownReadings = ReadonlyMap<string, Reading>;

export const NOTHING_KNOWN: KnownReadings = new Map();

/** The keys of a batch, each with the place of the first reading that has it. */
interface Keys {
  readonly all: readonly string[];
  readonly first: ReadonlyMap<string, number>;
}

/** The readings of one commit. Of several with the same key the first speaks for it. */
export class CommitBatch {
  readonly #readings: readonly Reading[];
  readonly #eachOfItsDevice: boolean;
  #keys: Keys | undefined;

  constructor(readings: readonly Reading[]) {
    this.#readings = readings;
    this.#eachOfItsDevice = isEachOfItsDevice(readings);
  }

  /** One reading for each key that is not known. */
  unknown(known: KnownReadings): readonly Reading[] {
    if (this.#allAreNew(known)) return this.#readings;
    const keys = this.#madeKeys();
    return this.#readings.filter((_, place) => speaks(keys, place) && !known.has(keys.all[place] as string));
  }

  /** What each reading becomes when every key that is not known is stored. */
  outcomes(known: KnownReadings): CommitOutcome[] {
    if (this.#allAreNew(known)) return this.#readings.map(() => STORED);
    const keys = this.#madeKeys();
    return this.#readings.map((reading, place) => {
      const key = keys.all[place] as string;
      const before = known.get(key);
      if (before === undefined && speaks(keys, place)) return STORED;
      const stays = before ?? (this.#readings[keys.first.get(key) as number] as Reading);
      return sameValues(stays, reading) ? DUPLICATE : { status: 'conflict', stored: stays };
    });
  }

  #allAreNew(known: KnownReadings): boolean {
    return known.size === 0 && this.#eachOfItsDevice;
  }

  /** Made when they are needed, which is seldom: they cost half a microsecond each. */
  #madeKeys(): Keys {
    if (this.#keys === undefined) {
      const all = this.#readings.map(keyOf);
      const first = new Map<string, number>();
      all.forEach((key, place) => {
        if (!first.has(key)) first.set(key, place);
      });
      this.#keys = { all, first };
    }
    return this.#keys;
  }
}

/** Whether no two readings are of the same device, so that all keys differ. */
function isEachOfItsDevice(readings: readonly Reading[]): boolean {
  const seen = byKind(() => new Set<string>());
  return readings.every(({ kind, deviceId }) => !seen[kind].has(deviceId) && seen[kind].add(deviceId));
}

function speaks({ all, first }: Keys, place: number): boolean {
  return first.get(all[place] as string) === place;
}
