import { OverloadedError, StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';
import type { Arguments, Caller, Returned, Thread, ThreadMethods } from './thread-protocol.ts';

/** Calls that wait for their turn at once, some hundred bytes each: at a millisecond a call, they wait a second. */
const MOST_WAITING = 1_000;
/** A call that has not had its turn by then is given up: who asked for it was promised an answer. */
const PATIENCE: Millis = 10 * SECOND;

export interface CallLimits {
  /** Calls that the thread has been sent at once: they can no longer be given up, and keep it busy in between. */
  readonly sent: number;
  readonly waiting?: number;
  readonly patience?: Millis;
}

interface WaitingCall {
  begin(): void;
  giveUp(reason: Error): void;
}

/**
 * A thread whose calls wait here, where they can be counted and given up, and not in its mailbox. For reads: as many come
 * as clients like, and one may take seconds.
 */
export class BoundedThread<M extends ThreadMethods> implements Caller<M> {
  readonly #thread: Thread<M>;
  readonly #limits: Required<CallLimits>;
  readonly #waiting = new Set<WaitingCall>(); // in the order of their arrival
  #sent = 0;
  #idle: PromiseWithResolvers<void> | undefined; // while somebody wants the thread to have nothing to do

  constructor(thread: Thread<M>, limits: CallLimits) {
    this.#thread = thread;
    this.#limits = { waiting: MOST_WAITING, patience: PATIENCE, ...limits };
  }

  get failure(): Error | undefined {
    return this.#thread.failure;
  }

  get failed(): Promise<Error> {
    return this.#thread.failed;
  }

  /**
   * Rejects like the thread's own, with `OverloadedError` when too many wait, and with `StoreUnavailableError` when its
   * turn has not come in time.
   */
  async call<K extends keyof M & string>(method: K, args: Arguments<M, K>): Promise<Returned<M, K>> {
    if (this.#idle === undefined && this.#sent < this.#limits.sent) this.#sent++;
    else await this.#turn();
    try {
      return await this.#thread.call(method, args);
    } finally {
      this.#sent--;
      this.#goOn();
    }
  }

  /** Does `work` while the thread has nothing to do. Calls wait meanwhile, and before that for those already sent. */
  async whileIdle(work: () => Promise<void>): Promise<void> {
    this.#idle = Promise.withResolvers();
    this.#goOn();
    try {
      await this.#idle.promise;
      await work();
    } finally {
      this.#idle = undefined;
      this.#goOn();
    }
  }

  /** Gives up what waits and ends the thread at once. */
  async terminate(): Promise<void> {
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      call.giveUp(new StoreUnavailableError('the store is closing'));
    }
    await this.#thread.terminate();
  }

  /** Resolves when the call takes the place of one that has been answered. */
  #turn(): Promise<void> {
    const { waiting, patience } = this.#limits;
    if (this.#waiting.size >= waiting) return Promise.reject(new OverloadedError('too many reads are waiting'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => {
      this.#waiting.delete(call);
      reject(new StoreUnavailableError(`the reads before took longer than ${patience} ms`));
    }, patience);
    const call: WaitingCall = { begin: resolve, giveUp: reject };
    this.#waiting.add(call);
    return promise.finally(() => clearTimeout(late));
  }

  #goOn(): void {
    if (this.#idle !== undefined) {
      if (this.#sent === 0) this.#idle.resolve();
      return;
    }
    while (this.#sent < this.#limits.sent) {
      const next = this.#next();
      if (next === undefined) return;
      this.#sent++;
      next.begin();
    }
  }

  #next(): WaitingCall | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }
}
