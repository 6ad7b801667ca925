import { floorTo, HOUR, type Millis } from '#domain/time/time';
import type { Clock } from '../ports/clock.ts';
import type { Retention } from '../ports/retention.ts';
import type { Upkeep } from '../ports/upkeep.ts';

/** Drops the history that is older than the retention time. */
export class DropOldHistory {
  readonly #retention: Retention | undefined;
  readonly #clock: Clock;
  readonly #keep: Millis | undefined;

  /** `keep` is how long history is kept; `undefined` means forever. Throws when the store cannot drop any. */
  constructor({ retention }: Upkeep, clock: Clock, keep: Millis | undefined) {
    if (keep !== undefined && retention === undefined) {
      throw new Error('EIE_RETENTION is set, but this store never drops history');
    }
    this.#retention = retention;
    this.#clock = clock;
    this.#keep = keep;
  }

  /**
   * Drops every whole hour that is due. When none is, this costs a read of the horizon. Stops when `signal` aborts; the
   * next run continues from there. Rejects like the store.
   */
  async drop(signal?: AbortSignal): Promise<void> {
    if (this.#keep === undefined || this.#retention === undefined) return;
    const due = floorTo(HOUR, this.#clock.now() - this.#keep);
    const horizon = await this.#retention.horizon();
    if (signal?.aborted) return;
    if (horizon === undefined || horizon < due) await this.#retention.dropBefore(due, signal);
  }
}
