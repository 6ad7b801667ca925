import { parentPort, type Transferable, Worker, workerData } from 'node:worker_threads';
import { StoreDamagedError, StoreUnavailableError } from '#application/errors';
import { FatalError } from './fatal-error.ts';
import { asDamage, errorCode } from './sqlite-error.ts';

/** The id of the first message of a thread: it is ready to serve. */
const READY = 0;

interface Call {
  readonly id: number;
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
}
interface Result {
  readonly id: number;
  readonly result?: unknown;
}
interface Failure {
  readonly id: number;
  readonly error: unknown;
  /** SQLite's error code, which structured cloning drops, as it does the class of the error. */
  readonly code: number | undefined;
  /** What the error says about damage in the file. */
  readonly damage: string | undefined;
}

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
type Returned<F> = F extends (...args: never[]) => infer R ? R : never;

type DamageListener = (damage: string) => void;

/** Calls methods of the objects that a thread serves: `S` names the objects. */
export interface Caller<S> {
  /** Why the thread no longer serves, or `undefined` while it does. */
  readonly failure: Error | undefined;
  /** `transfer` lists buffers in `args` that are moved to the thread instead of copied. */
  call<N extends keyof S & string, K extends keyof S[N] & string>(
    object: N,
    method: K,
    args: Arguments<S[N][K]>,
    transfer?: readonly Transferable[],
  ): Promise<Returned<S[N][K]>>;
}

/** A worker thread that serves the objects `S`, seen from the main thread. */
export class Thread<S> implements Caller<S> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #exited: Promise<void>;
  readonly #failed = Promise.withResolvers<Error>();
  readonly #onDamage: DamageListener;
  #lastId = READY;
  #failure: Error | undefined;
  #isEnding = false;

  private constructor(module: URL, data: unknown, onDamage: DamageListener) {
    this.#onDamage = onDamage;
    this.#worker = new Worker(module, { workerData: data, execArgv: [] });
    this.#worker.on('message', (answer: Result | Failure) => this.#settle(answer));
    this.#worker.on('error', (cause) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#end(new StoreUnavailableError(`the SQLite thread has failed: ${reason}`, { cause }));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#end(ended());
        resolve();
      });
    });
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves with the reason when the thread ends on its own, and never once it was closed or terminated. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /**
   * Starts a thread from its main file `module`, which reads `data` with `threadData()`. Resolves when the thread
   * serves, and rejects with what it threw if it could not start. `onDamage` hears of every damaged place in the data.
   */
  static async start<S>(module: URL, data: unknown, onDamage: DamageListener = () => {}): Promise<Thread<S>> {
    const thread = new Thread<S>(module, data, onDamage);
    try {
      await new Promise((resolve, reject) => thread.#pending.set(READY, { resolve, reject }));
    } catch (error) {
      throw error instanceof StoreUnavailableError ? (error.cause ?? error) : error;
    }
    return thread;
  }

  /**
   * Calls are served one after another, in order. Rejects with `StoreDamagedError` when the data cannot be read as they
   * were written, and with `StoreUnavailableError` when SQLite failed otherwise (the cause is its error) or the thread
   * ended. Any other error that the method threw is a bug, and rejects as it is: a retry
   * cannot help.
   */
  call<N extends keyof S & string, K extends keyof S[N] & string>(
    object: N,
    method: K,
    args: Arguments<S[N][K]>,
    transfer: readonly Transferable[] = [],
  ): Promise<Returned<S[N][K]>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const call: Call = { id: ++this.#lastId, object, method, args };
    return new Promise((resolve, reject) => {
      this.#pending.set(call.id, { resolve: (result) => resolve(result as Returned<S[N][K]>), reject });
      this.#worker.postMessage(call, transfer);
    });
  }

  /** Lets the thread finish the calls made so far, release what it holds, and exit. */
  async close(): Promise<void> {
    this.#isEnding = true;
    if (!this.#failure) this.#worker.postMessage('close');
    await this.#exited;
  }

  /**
   * Ends the thread without waiting for pending calls, which reject. Resolves when it has exited, which takes as long
   * as the statement that SQLite is running.
   */
  async terminate(): Promise<void> {
    this.#isEnding = true;
    this.#end(ended());
    await this.#worker.terminate();
  }

  #settle(answer: Result | Failure): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) {
      if (answer.damage !== undefined) this.#onDamage(answer.damage);
      pending?.reject(asThrown(answer));
    } else pending?.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#failure ??= error;
    if (!this.#isEnding) this.#failed.resolve(this.#failure);
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

/**
 * Runs in the thread: answers calls to the methods of `objects` until the thread is closed or one of them throws
 * `FatalError`, and then calls `close`.
 */
export function serve<S extends object>(objects: S, close: () => void): void {
  const port = parentPort;
  if (port === null) throw new Error('serve() must be called in a worker thread');
  port.postMessage({ id: READY } satisfies Result);
  port.on('message', (message: Call | 'close') => {
    if (message === 'close') {
      close();
      port.close();
      return;
    }
    const { id } = message;
    try {
      port.postMessage({ id, result: invoke(objects, message) } satisfies Result);
    } catch (error) {
      if (error instanceof FatalError) {
        close();
        throw error; // ends the thread, and with it every pending call
      }
      const facts = { id, code: errorCode(error), damage: asDamage(error)?.message };
      try {
        port.postMessage({ ...facts, error } satisfies Failure);
      } catch {
        // The error cannot be cloned. That fails this call, and must not end the thread.
        port.postMessage({ ...facts, error: String(error) } satisfies Failure);
      }
    }
  });
}

function invoke(objects: object, { object, method, args }: Call): unknown {
  const target = (objects as Partial<Record<string, Record<string, unknown>>>)[object];
  const found = target?.[method];
  if (typeof found !== 'function') throw new TypeError(`the SQLite thread has no method ${object}.${method}`);
  return found.apply(target, args);
}

export function threadData<T>(): T {
  return workerData as T;
}

/** The file of a thread's module, by its path from the importing one: `.ts` from source, `.js` once built. */
export function threadModule(name: string, importer: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer);
}

function ended(): Error {
  return new StoreUnavailableError('the SQLite thread has ended');
}

function asThrown({ error, code, damage }: Failure): Error {
  const thrown = error instanceof Error ? error : new Error(String(error));
  if (damage !== undefined) return new StoreDamagedError(damage, { cause: thrown });
  return code === undefined ? thrown : new StoreUnavailableError(thrown.message, { cause: thrown });
}
