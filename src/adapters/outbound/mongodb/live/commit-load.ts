import { type Millis, SECOND } from '#domain/time/time';

/** How much the server has to do for commits, which come first. */
export type Load = 'idle' | 'normal' | 'full';

/** Nothing is being committed if no commit has ended for this long: under load one ends every few milliseconds. */
const IDLE_AFTER: Millis = 0.2 * SECOND;
/** Three times the readings of 20,000 devices that send once a minute. */
const MAX_NORMAL_RATE = 1_000;
/** The rate is that of the last period of about this length. */
const PERIOD: Millis = SECOND;

/** The load of this process's commits. Others may commit to the same database; each takes care of itself. */
export class CommitLoad {
  #noted = 0;
  #since = 0;
  #last = -Infinity;
  /** Readings per second. */
  #rate = 0;

  /** Takes note of committed readings. `now` is `performance.now()`. */
  note(readings: number, now: Millis): void {
    this.#noted += readings;
    this.#last = now;
    if (now - this.#since < PERIOD) return;
    this.#rate = (this.#noted * SECOND) / (now - this.#since);
    this.#since = now;
    this.#noted = 0;
  }

  at(now: Millis): Load {
    if (now - this.#last > IDLE_AFTER) return 'idle';
    return this.#rate > MAX_NORMAL_RATE ? 'full' : 'normal';
  }
}
