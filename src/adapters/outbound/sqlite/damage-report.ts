import type { Logger } from '#application/ports/logger';

/** Damaged places that are remembered and logged; a disk that is failing has more than anybody wants to read. */
const MAX_PLACES = 100;
/** Of these, the ones listed by the readiness check. */
const MAX_LISTED = 10;

/** The damage that was noticed in the data file since it was opened. Each place is logged once. */
export class DamageReport {
  readonly #places = new Set<string>();
  readonly #file: string;
  readonly #logger: Logger | undefined;

  constructor(file: string, logger?: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  add(damage: string): void {
    if (this.#places.has(damage) || this.#places.size >= MAX_PLACES) return;
    this.#places.add(damage);
    this.#logger?.error('stored data are damaged; restore a copy of the data file', { file: this.#file, damage });
  }

  list(): readonly string[] {
    const places = [...this.#places];
    const more = places.length - MAX_LISTED;
    return more > 0 ? [...places.slice(0, MAX_LISTED), `${more} more; see the log`] : places;
  }
}
