import pTimeout from 'p-timeout';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';
import type { Caller, Thread } from './thread-protocol.ts';

/** Queued calls take some hundred bytes each. At a millisecond per call, the last one waits a second. */
const MAX_WAITING = 1_000;
/** Callers were promised an answer, so a call that has not been sent by then rejects. */
const WAIT_TIMEOUT: Millis = 10 * SECOND;

export interface CallLimits {
  /** Calls sent to the thread at once. They keep it busy between answers, and can no longer be withdrawn. */
  readonly sent: number;
  /** Calls that may wait to be sent. */
  readonly waiting?: number;
  readonly waitTimeout?: Millis;
}

interface WaitingCall {
  send(): void;
  reject(reason: Error): void;
}

/**
 * Queues calls in front of a thread, where they can be counted, time out and be withdrawn, which is impossible once
 * they are in the thread's mailbox. Made for reads: clients may send any number of them, and one may take seconds.
 */
export class BoundedThread<S> implements Caller<S> {
  readonly #thread: Thread<S>;
  readonly #limits: Required<CallLimits>;
  readonly #waiting = new Set<WaitingCall>(); // oldest first
  #sent = 0;
  #idle: PromiseWithResolvers<void> | undefined; // while `whileIdle` wants the thread to have nothing to do

  constructor(thread: Thread<S>, limits: CallLimits) {
    this.#thread = thread;
    this.#limits = { waiting: MAX_WAITING, waitTimeout: WAIT_TIMEOUT, ...limits };
  }

  get failure(): Error | undefined {
    return this.#thread.failure;
  }

  get failed(): Promise<Error> {
    return this.#thread.failed;
  }

  /**
   * Rejects as the thread's own `call` does, with `OverloadedError` when too many calls are waiting, and with
   * `StoreUnavailableError` when the call could not be sent in time.
   */
  call: Caller<S>['call'] = async (object, method, args) => {
    if (this.#idle === undefined && this.#sent < this.#limits.sent) this.#sent++;
    else await this.#turn();
    try {
      return await this.#thread.call(object, method, args);
    } finally {
      this.#sent--;
      this.#sendNext();
    }
  };

  /** Calls that are sent at once, however many are waiting: for the few that the engine itself depends on. */
  get ahead(): Caller<S> {
    return this.#thread;
  }

  /** Waits for the calls already sent, and holds back all others until `work` has settled. */
  async whileIdle(work: () => Promise<void>): Promise<void> {
    this.#idle = Promise.withResolvers();
    this.#sendNext();
    try {
      await this.#idle.promise;
      await work();
    } finally {
      this.#idle = undefined;
      this.#sendNext();
    }
  }

  /** Rejects every pending call with `StoreUnavailableError` and ends the thread, as its own `terminate` does. */
  async terminate(): Promise<void> {
    for (let call = this.#takeNext(); call !== undefined; call = this.#takeNext()) {
      call.reject(new StoreUnavailableError('the store is closing'));
    }
    await this.#thread.terminate();
  }

  /** Resolves when the call may be sent; it is counted as sent by then. */
  #turn(): Promise<void> {
    const { waiting, waitTimeout } = this.#limits;
    if (this.#waiting.size >= waiting) return Promise.reject(new OverloadedError('too many reads are waiting'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const call: WaitingCall = { send: resolve, reject };
    this.#waiting.add(call);
    return pTimeout(promise, {
      milliseconds: waitTimeout,
      fallback: () => {
        this.#waiting.delete(call);
        throw new StoreUnavailableError(`earlier reads took longer than ${waitTimeout} ms`);
      },
    });
  }

  #sendNext(): void {
    if (this.#idle !== undefined) {
      if (this.#sent === 0) this.#idle.resolve();
      return;
    }
    while (this.#sent < this.#limits.sent) {
      const next = this.#takeNext();
      if (next === undefined) return;
      this.#sent++;
      next.send();
    }
  }

  #takeNext(): WaitingCall | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }
}
