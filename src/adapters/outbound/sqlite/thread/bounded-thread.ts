import { BoundedCalls, type BoundedCallsOptions } from '#application/bounded-calls';
import { StoreUnavailableError } from '#application/errors';
import type { Caller, Thread } from './thread-protocol.ts';

export interface CallLimits extends Omit<BoundedCallsOptions, 'atOnce'> {
  /** Calls sent to the thread at once. They keep it busy between answers, and can no longer be withdrawn. */
  readonly sent: number;
}

/**
 * Queues calls in front of a thread, where they can be counted, time out and be withdrawn, which is impossible once
 * they are in the thread's mailbox.
 */
export class BoundedThread<S> implements Caller<S> {
  readonly #thread: Thread<S>;
  readonly #calls: BoundedCalls;

  constructor(thread: Thread<S>, { sent, ...limits }: CallLimits) {
    this.#thread = thread;
    this.#calls = new BoundedCalls({ atOnce: sent, ...limits });
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
  call: Caller<S>['call'] = (object, method, args) => this.#calls.run(() => this.#thread.call(object, method, args));

  /** Calls that are sent at once, however many are waiting: for the few that the engine itself depends on. */
  get ahead(): Caller<S> {
    return this.#thread;
  }

  /** Waits for the calls already sent, and holds back all others until `work` has settled. */
  whileIdle(work: () => Promise<void>): Promise<void> {
    return this.#calls.whileIdle(work);
  }

  /** Rejects every pending call with `StoreUnavailableError` and ends the thread, as its own `terminate` does. */
  async terminate(): Promise<void> {
    this.#calls.rejectWaiting(new StoreUnavailableError('the store is closing'));
    await this.#thread.terminate();
  }
}
