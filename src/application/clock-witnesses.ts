import { type EpochMillis, MINUTE, type Millis } from '#domain/time/time';

/** How many requests in a row must agree with the clock, so that one device with the same fault proves nothing. */
const REQUESTS = 3;
/**
 * Over how long they must have come while their readings may also be old ones that a gateway sends again: those pass
 * by any wrong time within moments.
 */
const SPREAD: Millis = MINUTE;

/** Counts the requests whose readings agree with a clock that is in doubt. */
export class ClockWitnesses {
  #requests = 0;
  #first: Millis = 0;

  /** Takes note of one more. `elapsed` is the steady time. */
  agrees(elapsed: Millis): void {
    if (this.#requests === 0) this.#first = elapsed;
    this.#requests++;
  }

  /** Forgets them all: a reading was taken later than the clock can explain. */
  disagrees(): void {
    this.#requests = 0;
  }

  /** Whether they are enough. `oldest` is the oldest reading that is accepted if the clock is wrong. */
  convince(now: EpochMillis, oldest: EpochMillis, elapsed: Millis): boolean {
    const mayBeOld = now >= oldest;
    return this.#requests >= REQUESTS && (!mayBeOld || elapsed - this.#first >= SPREAD);
  }
}
