import { parentPort, type Transferable, Worker, workerData } from 'node:worker_threads';
import { StoreUnavailableError } from '#application/errors';
import { errorCode } from './sqlite-error.ts';

/** The id of the answer that nobody asked for: the thread serves. */
const SERVING = 0;

interface Call {
  readonly id: number;
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
  /** SQLite's own number; cloned errors lose it. */
  readonly code: number | undefined;
}

/** What a thread answers to: every method is synchronous, as SQLite is, and calls are served one after another. */
export type ThreadMethods = Readonly<Record<string, (...args: never[]) => unknown>>;

export type Arguments<M extends ThreadMethods, K extends keyof M> = Parameters<M[K]>;
export type Returned<M extends ThreadMethods, K extends keyof M> = ReturnType<M[K]>;

/** A worker thread that serves `ThreadMethods`, seen from the main thread. */
export class Thread<M extends ThreadMethods> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #exited: Promise<void>;
  readonly #failed = Promise.withResolvers<Error>();
  #lastId = 0;
  #ended: Error | undefined;
  #wasAsked = false; // to end

  private constructor(module: URL, data: unknown) {
    this.#worker = new Worker(module, { workerData: data, execArgv: [] });
    this.#worker.on('message', (answer: Result | Failure) => this.#settle(answer));
    this.#worker.on('error', (cause) =>
      this.#end(new StoreUnavailableError('the SQLite thread has failed', { cause })),
    );
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#end(ended());
        resolve();
      });
    });
  }

  /** Why the thread serves no more, or nothing while it does. */
  get failure(): Error | undefined {
    return this.#ended;
  }

  /** Resolves with the reason when the thread ends by itself. It never does once the thread was asked to end. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /**
   * Starts the thread whose main file is `module`; it finds `data` with `threadData()`. Resolves when the thread
   * serves, and rejects with what it threw when it could not start.
   */
  static async start<M extends ThreadMethods>(module: URL, data: unknown): Promise<Thread<M>> {
    const thread = new Thread<M>(module, data);
    try {
      await new Promise((resolve, reject) => thread.#waiting.set(SERVING, { resolve, reject }));
    } catch (error) {
      throw error instanceof StoreUnavailableError ? (error.cause ?? error) : error;
    }
    return thread;
  }

  /**
   * Rejects with `StoreUnavailableError` when SQLite failed or the thread ended, whose cause says how, and with what else
   * the method threw: a fault of our own, which sending again does not mend.
   */
  call<K extends keyof M & string>(
    method: K,
    args: Arguments<M, K>,
    transfer: readonly Transferable[] = [],
  ): Promise<Returned<M, K>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const call: Call = { id: ++this.#lastId, method, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve: (result) => resolve(result as Returned<M, K>), reject });
      this.#worker.postMessage(call, transfer);
    });
  }

  /** Lets the thread finish what it was asked before, run its own end, and exit. */
  async close(): Promise<void> {
    this.#wasAsked = true;
    if (!this.#ended) this.#worker.postMessage('close');
    await this.#exited;
  }

  /** Ends the thread at once, whatever it was asked before. What SQLite is at is finished all the same, and read by nobody. */
  async terminate(): Promise<void> {
    this.#wasAsked = true;
    this.#end(ended());
    await this.#worker.terminate();
  }

  #settle(answer: Result | Failure): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(asThrown(answer));
    else waiting?.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    if (!this.#wasAsked) this.#failed.resolve(this.#ended);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

/** A thread as its users see it. */
export type Caller<M extends ThreadMethods> = Pick<Thread<M>, 'call'>;

/** The thread's side: answers calls with `methods` until asked to close. */
export function serve(methods: ThreadMethods, close: () => void): void {
  const port = parentPort;
  if (port === null) throw new Error('this module is the main file of a worker thread');
  port.postMessage({ id: SERVING } satisfies Result);
  port.on('message', (message: Call | 'close') => {
    if (message === 'close') {
      close();
      port.close();
      return;
    }
    const { id, method, args } = message;
    try {
      port.postMessage({ id, result: methods[method]?.(...(args as never[])) } satisfies Result);
    } catch (error) {
      const code = errorCode(error);
      try {
        port.postMessage({ id, error, code } satisfies Failure);
      } catch {
        // It holds something that cannot be sent: a fault of one call is not the end of the thread.
        port.postMessage({ id, error: String(error), code } satisfies Failure);
      }
    }
  });
}

/** The data given to `Thread`. */
export function threadData<T>(): T {
  return workerData as T;
}

/** A module, by its path from the importing one, as a file that a worker can run: `.ts` from source, `.js` once built. */
export function threadModule(name: string, importer: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer);
}

function ended(): Error {
  return new StoreUnavailableError('the SQLite thread has ended');
}

function asThrown({ error, code }: Failure): Error {
  const thrown = error instanceof Error ? error : new Error(String(error));
  return code === undefined ? thrown : new StoreUnavailableError(thrown.message, { cause: thrown });
}
