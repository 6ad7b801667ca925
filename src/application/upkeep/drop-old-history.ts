import { DAY, floorTo, HOUR, type Millis } from '#domain/time/time';
import type { Clock } from '../ports/clock.ts';
import type { Retention } from '../ports/retention.ts';
import type { Upkeep } from '../ports/upkeep.ts';

/**
 * How much one run drops at most when history was dropped before. A day a minute is far more than arrives, and leaves
 * time to notice when the time itself is wrong.
 */
const MAX_DROPPED_PER_RUN: Millis = DAY;

/** Drops the history that is older than the retention time. */
export class DropOldHistory {
  readonly #retention: Retention | undefined;
  readonly #clock: Clock;
  readonly #keep: Millis | undefined;

  /**
   * `keep` is how long history is kept; `undefined` means forever. `clock` must show the confirmed time: what is dropped
   * is gone. Throws when the store cannot drop any.
   */
  constructor({ retention }: Upkeep, clock: Clock, keep: Millis | undefined) {
    if (keep !== undefined && retention === undefined) {
      throw new Error('EIE_RETENTION is set, but this store never drops history');
    }
    this.#retention = retention;
    this.#clock = clock;
    this.#keep = keep;
  }

  /**
   * Drops the whole hours that are due, oldest first, up to a day of them. When none is, this costs a read of the horizon. Stops when `signal` aborts; the
   * next run continues from there. Rejects like the store.
   */
  async drop(signal?: AbortSignal): Promise<void> {
    if (this.#keep === undefined || this.#retention === undefined) return;
    const due = floorTo(HOUR, this.#clock.now() - this.#keep);
    const horizon = await this.#retention.horizon();
    if (signal?.aborted) return;
    if (horizon !== undefined && horizon >= due) return;
    await this.#retention.dropBefore(Math.min(due, (horizon ?? Infinity) + MAX_DROPPED_PER_RUN), signal);
  }
}
