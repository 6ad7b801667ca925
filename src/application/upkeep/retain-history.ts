import { floorTo, HOUR, type Millis } from '#domain/time/time';
import type { Clock } from '../ports/clock.ts';
import type { Retention } from '../ports/retention.ts';

/** Lets history go that is older than it has to be kept. */
export class RetainHistory {
  readonly #retention: Retention;
  readonly #clock: Clock;
  readonly #keep: Millis | undefined;

  /** `keep` is how long history stays; `undefined` for ever. */
  constructor(retention: Retention, clock: Clock, keep: Millis | undefined) {
    this.#retention = retention;
    this.#clock = clock;
    this.#keep = keep;
  }

  /**
   * Drops what is due by whole hours. Costs one look at the horizon when nothing is. Ends early when `signal` aborts; the
   * next run goes on there.
   */
  async drop(signal?: AbortSignal): Promise<void> {
    if (this.#keep === undefined) return;
    const due = floorTo(HOUR, this.#clock.now() - this.#keep);
    const horizon = await this.#retention.horizon();
    if (signal?.aborted) return;
    if (horizon === undefined || horizon < due) await this.#retention.dropBefore(due, signal);
  }
}
