import { type EpochMillis, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import type { Clock } from './ports/clock.ts';
import type { Retention } from './ports/retention.ts';

/**
 * The beginning of the history that is kept, when the window reaches past it. Before it there are sums by the whole
 * hour at most: an answer over such a window says so.
 */
export async function horizonWithin(
  retention: Retention,
  window: TimeWindow,
): Promise<{ readonly horizon: EpochMillis } | undefined> {
  const horizon = await retention.horizon();
  return horizon !== undefined && window.from < horizon ? { horizon } : undefined;
}

/**
 * How old the horizon that ingestion knows may be. It moves over hours that have been too old to be accepted for a day,
 * so only one that moved before a restart with other settings matters, and that one is known before the first reading.
 */
const KNOWN_FOR: Millis = MINUTE;

/** The beginning of the history that is kept as of a minute ago, for those who cannot ask the store each time. */
export class RecentHorizon {
  readonly #retention: Retention;
  readonly #clock: Clock;
  #known: EpochMillis | undefined;
  #lookedAt: EpochMillis = -Infinity;
  #look: Promise<EpochMillis> | undefined;

  constructor(retention: Retention, clock: Clock) {
    this.#retention = retention;
    this.#clock = clock;
  }

  /**
   * `-Infinity` when nothing was ever dropped. Waits for the store until it has answered once and rejects when it does
   * not; from then on nobody waits, and a look that fails leaves what was known.
   */
  async current(): Promise<EpochMillis> {
    const now = this.#clock.now();
    if (this.#known === undefined || now - this.#lookedAt >= KNOWN_FOR) {
      this.#lookedAt = now;
      this.#look ??= this.#lookUp();
      this.#look.catch(() => {});
    }
    return this.#known ?? (this.#look as Promise<EpochMillis>);
  }

  async #lookUp(): Promise<EpochMillis> {
    try {
      this.#known = (await this.#retention.horizon()) ?? -Infinity;
      return this.#known;
    } finally {
      this.#look = undefined;
    }
  }
}
