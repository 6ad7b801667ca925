import { type EpochMillis, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { type Clock, elapsedOf } from './ports/clock.ts';
import type { Upkeep } from './ports/upkeep.ts';

/** An answer over a window, part of which may no longer have any readings. */
export interface WithHorizon {
  /** Where the stored history begins, if the window starts before that. Earlier than this only hourly sums remain. */
  readonly horizon?: EpochMillis;
}

/** The horizon, when the window starts before it. Rejects like the store. */
export async function horizonWithin({ retention }: Upkeep, window: TimeWindow): Promise<WithHorizon> {
  const horizon = await retention?.horizon();
  return horizon !== undefined && window.from < horizon ? { horizon } : {};
}

/**
 * How old the horizon that ingestion uses may be. The horizon moves over hours that stopped being accepted a day
 * before, so an old value matters only after a restart with other settings, and then it is read before any reading.
 */
const MAX_HORIZON_AGE: Millis = MINUTE;

/** The horizon as of at most about a minute ago, for callers that cannot ask the store each time. */
export class RecentHorizon {
  readonly #upkeep: Upkeep;
  readonly #clock: Clock;
  #known: EpochMillis | undefined;
  #requestedAt: Millis = -Infinity;
  #request: Promise<EpochMillis> | undefined;

  constructor(upkeep: Upkeep, clock: Clock) {
    this.#upkeep = upkeep;
    this.#clock = clock;
  }

  /**
   * `-Infinity` when nothing was ever dropped. The first calls wait for the store and reject when it fails. Once it has
   * answered, calls return at once, and a failed refresh keeps the last known value.
   */
  async current(): Promise<EpochMillis> {
    const now = elapsedOf(this.#clock);
    if (this.#known === undefined || now - this.#requestedAt >= MAX_HORIZON_AGE) {
      this.#requestedAt = now;
      this.#request ??= this.#refresh();
      this.#request.catch(() => {});
    }
    return this.#known ?? (this.#request as Promise<EpochMillis>);
  }

  async #refresh(): Promise<EpochMillis> {
    try {
      this.#known = (await this.#upkeep.retention?.horizon()) ?? -Infinity;
      return this.#known;
    } finally {
      this.#request = undefined;
    }
  }
}
