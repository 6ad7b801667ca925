import type { Clock } from '#application/ports/clock';
import type { EpochMillis, Millis } from '#domain/time/time';

/** A clock that only moves by `set`, `advance` and `jump`. */
export class ManualClock implements Clock {
  #now: EpochMillis;
  #elapsed: Millis = 0;

  constructor(now: EpochMillis) {
    this.#now = now;
  }

  now(): EpochMillis {
    return this.#now;
  }

  elapsed(): Millis {
    return this.#elapsed;
  }

  /** Time passes until `now`. To an earlier time the clock can only jump. */
  set(now: EpochMillis): void {
    this.#elapsed += Math.max(0, now - this.#now);
    this.#now = now;
  }

  /** Time passes. */
  advance(by: Millis): void {
    this.set(this.#now + by);
  }

  /** Somebody sets the clock forward, or back by a negative number, while no time passes. */
  jump(by: Millis): void {
    this.#now += by;
  }
}
