import { serve, threadData } from '#adapters/outbound/sqlite/thread/thread-protocol';

/** The objects of the thread that the tests call. */
export interface FailingObjects {
  readonly math: { add(a: number, b: number): number };
  readonly faults: {
    /** Throws as SQLite does when there is a code, and otherwise as a bug does. */
    fail(message: string, errcode?: number): void;
    /** Throws an error that cannot be cloned. */
    failWithFunction(errcode: number): void;
    /** Blocks the thread. */
    work(ms: number): void;
    crash(): void;
    exit(): void;
  };
}

/** Methods may live on a prototype and use `this`. */
class Sum {
  readonly #start = 0;

  add(a: number, b: number): number {
    return this.#start + a + b;
  }
}

const { startWith, closeWith } = threadData<{ startWith?: string; closeWith?: string }>();
if (startWith !== undefined) throw new Error(startWith);

serve<FailingObjects>(
  {
    math: new Sum(),
    faults: {
      fail: (message, errcode) => {
        throw errcode === undefined ? new TypeError(message) : Object.assign(new Error(message), { errcode });
      },
      failWithFunction: (errcode) => {
        throw Object.assign(new Error('disk I/O error', { cause: () => {} }), { errcode });
      },
      work: (ms) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      },
      crash: () => {
        // can be neither cloned nor turned into a string
        const crash = () => {
          throw new Error('planted crash');
        };
        throw { toString: crash, function: crash };
      },
      exit: () => process.exit(3),
    },
  },
  () => {
    if (closeWith !== undefined) throw new Error(closeWith);
  },
);
