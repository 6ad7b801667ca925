import { serve, threadData } from '#adapters/outbound/sqlite/thread/thread-protocol';

/** What the thread of the tests can be asked to do. */
export type FailingMethods = {
  add(a: number, b: number): number;
  /** Throws as SQLite does when there is a code, and otherwise as a mistake in the program does. */
  fail(message: string, errcode?: number): void;
  /** Throws what cannot be sent as it is. */
  failWithFunction(errcode: number): void;
  /** Serves nothing else for so many milliseconds. */
  work(ms: number): void;
  crash(): void;
  exit(): void;
};

const { startWith, closeWith } = threadData<{ startWith?: string; closeWith?: string }>();
if (startWith !== undefined) throw new Error(startWith);

serve(
  {
    add: (a, b) => a + b,
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
      // what cannot even be told
      const crash = () => {
        throw new Error('planted crash');
      };
      throw { toString: crash, function: crash };
    },
    exit: () => process.exit(3),
  } satisfies FailingMethods,
  () => {
    if (closeWith !== undefined) throw new Error(closeWith);
  },
);
