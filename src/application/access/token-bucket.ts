import type { Millis } from '#domain/time/time';

/**
 * An allowance of so much per period: full at first, it refills steadily and never beyond its capacity. Times are those
 * of a steady clock.
 */
export class TokenBucket {
  readonly capacity: number;
  readonly #perMilli: number;
  #tokens: number;
  #at: Millis;

  constructor(capacity: number, period: Millis, now: Millis) {
    this.capacity = capacity;
    this.#perMilli = capacity / period;
    this.#tokens = capacity;
    this.#at = now;
  }

  /**
   * Takes the amount, or nothing. More than the capacity is taken from a full bucket, which then owes the rest: it could
   * never be taken otherwise, and what is taken over time stays the same.
   */
  take(amount: number, now: Millis): boolean {
    this.#refill(now);
    if (this.#tokens < Math.min(amount, this.capacity)) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Undoes a `take`. */
  giveBack(amount: number): void {
    this.#tokens = Math.min(this.capacity, this.#tokens + amount);
  }

  /** What can be taken now, in whole tokens. */
  remaining(now: Millis): number {
    this.#refill(now);
    return Math.max(0, Math.floor(this.#tokens));
  }

  /** How long until `take` of this amount can succeed, if nothing else is taken; 0 if it can now. */
  waitFor(amount: number, now: Millis): Millis {
    this.#refill(now);
    return Math.max(0, (Math.min(amount, this.capacity) - this.#tokens) / this.#perMilli);
  }

  #refill(now: Millis): void {
    this.#tokens = Math.min(this.capacity, this.#tokens + (now - this.#at) * this.#perMilli);
    this.#at = now;
  }
}
