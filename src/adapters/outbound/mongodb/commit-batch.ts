import { type CommitOutcome, DUPLICATE, STORED } from '#domain/ingest-outcome';
import { type Reading, sameValues } from '#domain/reading';

/** A reading's identity as one string. */
export function keyOf({ kind, deviceId, timestamp }: Reading): string {
  return `${kind} ${deviceId} ${timestamp}`;
}

/** The readings found in the history, by `keyOf`. */
export type KnownReadings = ReadonlyMap<string, Reading>;

export const NOTHING_KNOWN: KnownReadings = new Map();

/** The readings of one commit. Of several with the same key the first speaks for it. */
export class CommitBatch {
  readonly #readings: readonly Reading[];
  readonly #keys: readonly string[];
  /** The place of the first reading of each key. */
  readonly #first = new Map<string, number>();

  constructor(readings: readonly Reading[]) {
    this.#readings = readings;
    this.#keys = readings.map(keyOf);
    this.#keys.forEach((key, place) => {
      if (!this.#first.has(key)) this.#first.set(key, place);
    });
  }

  /** One reading for each key that is not known. */
  unknown(known: KnownReadings): readonly Reading[] {
    if (known.size === 0 && this.#first.size === this.#readings.length) return this.#readings;
    return this.#readings.filter((_, place) => this.#speaks(place) && !known.has(this.#keys[place] as string));
  }

  /** What each reading becomes when every key that is not known is stored. */
  outcomes(known: KnownReadings): CommitOutcome[] {
    return this.#readings.map((reading, place) => {
      const key = this.#keys[place] as string;
      const before = known.get(key);
      if (before === undefined && this.#speaks(place)) return STORED;
      const stays = before ?? (this.#readings[this.#first.get(key) as number] as Reading);
      return sameValues(stays, reading) ? DUPLICATE : { status: 'conflict', stored: stays };
    });
  }

  #speaks(place: number): boolean {
    return this.#first.get(this.#keys[place] as string) === place;
  }
}
