import pLimit, { type LimitFunction } from 'p-limit';
import pTimeout from 'p-timeout';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';

/** Waiting reads take some hundred bytes each. */
const MAX_WAITING = 1_000;
/** Shorter than a hanging server takes to fail a read (8 s), so that those waiting behind it fail before it does. */
const WAIT_TIMEOUT: Millis = 7 * SECOND;

export interface ReadLimits {
  /** Reads that run at once. */
  readonly running: number;
  /** Reads that may wait for their turn. */
  readonly waiting?: number;
  readonly waitTimeout?: Millis;
}

/**
 * Lets few reads run at once, in the order in which they came. Clients may send any number of reads that keep the server
 * busy, and the server would give each of them as much of its time as a commit.
 */
export class BoundedReads {
  readonly #limit: LimitFunction;
  readonly #waiting: number;
  readonly #waitTimeout: Millis;

  constructor({ running, waiting = MAX_WAITING, waitTimeout = WAIT_TIMEOUT }: ReadLimits) {
    this.#limit = pLimit(running);
    this.#waiting = waiting;
    this.#waitTimeout = waitTimeout;
  }

  /**
   * The read, with a turn to wait for. Settles as the read does; rejects with `OverloadedError` when too many are waiting,
   * and with `StoreUnavailableError` when its turn does not come in time.
   */
  bound<A extends readonly unknown[], R>(read: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      if (this.#limit.pendingCount >= this.#waiting) throw new OverloadedError('too many reads are waiting');
      const turn = Promise.withResolvers<() => void>();
      let isLate = false;
      void this.#limit(async () => {
        if (isLate) return;
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        turn.resolve(end);
        await ended;
      });
      const fallback = () => {
        isLate = true;
        throw new StoreUnavailableError(`earlier reads took longer than ${this.#waitTimeout} ms`);
      };
      const end = await pTimeout(turn.promise, { milliseconds: this.#waitTimeout, fallback });
      try {
        return await read(...args);
      } finally {
        end();
      }
    };
  }
}
