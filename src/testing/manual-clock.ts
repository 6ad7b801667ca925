import type { Clock } from '#application/ports/clock';
import type { EpochMillis, Millis } from '#domain/time/time';

/** A clock that only moves by `set` and `advance`. */
export class ManualClock implements Clock {
  #now: EpochMillis;

  constructor(now: EpochMillis) {
    this.#now = now;
  }

  now(): EpochMillis {
    return this.#now;
  }

  set(now: EpochMillis): void {
    this.#now = now;
  }

  advance(by: Millis): void {
    this.#now += by;
  }
}
