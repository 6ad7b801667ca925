import { floorTo, HOUR } from '#domain/time/time';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Retention } from '../ports/retention.ts';
import type { Upkeep } from '../ports/upkeep.ts';

/** Corrects a horizon in the future, which older engines left behind when their clock was ahead. */
export class RecoverHorizon {
  readonly #retention: Retention | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger | undefined;

  constructor({ retention }: Upkeep, clock: Clock, logger?: Logger) {
    this.#retention = retention;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Moves a horizon that is later than the current time back to the start of this hour: how much of the history before
   * that is left cannot be known. Otherwise this costs a read of the horizon. Rejects like the store.
   */
  async recover(): Promise<void> {
    const horizon = await this.#retention?.horizon();
    const now = this.#clock.now();
    if (horizon === undefined || horizon <= now) return;
    const to = floorTo(HOUR, now);
    await this.#retention?.moveBack(to);
    this.#logger?.warn('the kept history began in the future: a clock was ahead; it now begins with this hour', {
      horizon: new Date(horizon).toISOString(),
      movedTo: new Date(to).toISOString(),
    });
  }
}
