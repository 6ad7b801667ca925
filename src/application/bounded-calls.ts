import { type Millis, SECOND } from '#domain/time/time';
import { OverloadedError, StoreUnavailableError } from './errors.ts';

/** Waiting calls take some hundred bytes each. At a millisecond per call, the last one waits a second. */
const MAX_WAITING = 1_000;
/** Callers were promised an answer, so a call that has not begun by then rejects. */
const WAIT_TIMEOUT: Millis = 10 * SECOND;

export interface BoundedCallsOptions {
  /** Calls under way at once. */
  readonly atOnce: number;
  /** Calls that may wait for their turn. */
  readonly waiting?: number;
  readonly waitTimeout?: Millis;
}

interface WaitingCall {
  begin(): void;
  reject(reason: Error): void;
}

/**
 * Lets few calls to a store be under way at once, in the order in which they came. Made for reads: clients may send any
 * number of them, and one may take seconds.
 */
export class BoundedCalls {
  readonly #options: Required<BoundedCallsOptions>;
  readonly #waiting = new Set<WaitingCall>(); // oldest first
  #underWay = 0;
  #idle: PromiseWithResolvers<void> | undefined; // while `whileIdle` wants nothing to be under way

  constructor(options: BoundedCallsOptions) {
    this.#options = { waiting: MAX_WAITING, waitTimeout: WAIT_TIMEOUT, ...options };
  }

  /**
   * Settles as `call` does. Rejects with `OverloadedError` when too many calls are waiting, and with
   * `StoreUnavailableError` when its turn did not come in time; then it never begins.
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#idle === undefined && this.#underWay < this.#options.atOnce) this.#underWay++;
    else await this.#turn();
    try {
      return await call();
    } finally {
      this.#underWay--;
      this.#beginNext();
    }
  }

  /** Waits for the calls under way, and holds back all others until `work` has settled. */
  async whileIdle(work: () => Promise<void>): Promise<void> {
    this.#idle = Promise.withResolvers();
    this.#beginNext();
    try {
      await this.#idle.promise;
      await work();
    } finally {
      this.#idle = undefined;
      this.#beginNext();
    }
  }

  /** Rejects every call that is waiting. */
  rejectWaiting(reason: Error): void {
    for (let call = this.#takeNext(); call !== undefined; call = this.#takeNext()) call.reject(reason);
  }

  /** Resolves when the call may begin; it is counted as under way by then. */
  #turn(): Promise<void> {
    const { waiting, waitTimeout } = this.#options;
    if (this.#waiting.size >= waiting) return Promise.reject(new OverloadedError('too many reads are waiting'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const call: WaitingCall = { begin: resolve, reject };
    this.#waiting.add(call);
    const timer = setTimeout(() => {
      this.#waiting.delete(call);
      reject(new StoreUnavailableError(`earlier reads took longer than ${waitTimeout} ms`));
    }, waitTimeout);
    return promise.finally(() => clearTimeout(timer));
  }

  #beginNext(): void {
    if (this.#idle !== undefined) {
      if (this.#underWay === 0) this.#idle.resolve();
      return;
    }
    while (this.#underWay < this.#options.atOnce) {
      const next = this.#takeNext();
      if (next === undefined) return;
      this.#underWay++;
      next.begin();
    }
  }

  #takeNext(): WaitingCall | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }
}
