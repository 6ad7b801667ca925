import { serve, threadData } from '#adapters/outbound/sqlite/thread-protocol';

/** What the thread of the tests can be asked to do. */
export type FailingMethods = {
  add(a: number, b: number): number;
  fail(message: string): void;
  crash(): void;
  exit(): void;
};

const { startWith, closeWith } = threadData<{ startWith?: string; closeWith?: string }>();
if (startWith !== undefined) throw new Error(startWith);

serve(
  {
    add: (a, b) => a + b,
    fail: (message) => {
      throw new Error(message);
    },
    crash: () => {
      // what cannot be sent as an answer
      throw Object.defineProperty({}, 'trap', {
        enumerable: true,
        get: () => {
          throw new Error('planted crash');
        },
      });
    },
    exit: () => process.exit(3),
  } satisfies FailingMethods,
  () => {
    if (closeWith !== undefined) throw new Error(closeWith);
  },
);
