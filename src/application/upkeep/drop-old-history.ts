import { floorTo, HOUR, type Millis } from '#domain/time/time';
import type { Clock } from '../ports/clock.ts';
import type { Retention } from '../ports/retention.ts';

/** Drops the history that is older than the retention time. */
export class DropOldHistory {
  readonly #retention: Retention;
  readonly #clock: Clock;
  readonly #keep: Millis | undefined;

  /** `keep` is how long history is kept; `undefined` means forever. */
  constructor(retention: Retention, clock: Clock, keep: Millis | undefined) {
    this.#retention = retention;
    this.#clock = clock;
    this.#keep = keep;
  }

  /**
   * Drops every whole hour that is due. When none is, this costs a read of the horizon. Stops when `signal` aborts; the
   * next run continues from there. Rejects like the store.
   */
  async drop(signal?: AbortSignal): Promise<void> {
    if (this.#keep === undefined) return;
    const due = floorTo(HOUR, this.#clock.now() - this.#keep);
    const horizon = await this.#retention.horizon();
    if (signal?.aborted) return;
    if (horizon === undefined || horizon < due) await this.#retention.dropBefore(due, signal);
  }
}
