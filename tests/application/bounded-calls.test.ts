import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BoundedCalls, type BoundedCallsOptions } from '#application/bounded-calls';
import { OverloadedError, StoreUnavailableError } from '#application/errors';

/** Reads that are answered when the test says so. */
function heldReads(options: BoundedCallsOptions) {
  const begun: number[] = [];
  const held = new Map<number, PromiseWithResolvers<number>>();
  const calls = new BoundedCalls(options);
  const read = (number: number) =>
    calls.run(() => {
      begun.push(number);
      const answer = Promise.withResolvers<number>();
      held.set(number, answer);
      return answer.promise;
    });
  return {
    read,
    begun,
    answer: (number: number) => held.get(number)?.resolve(number),
    fail: (number: number) => held.get(number)?.reject(new Error('broken')),
  };
}

const reason = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

describe('bounded calls', () => {
  it('run few at a time, in the order in which they came, and get their turn after one that failed', async () => {
    const { read, begun, answer, fail } = heldReads({ atOnce: 2 });
    const reads = [0, 1, 2, 3].map((number) => reason(read(number)));
    await settled();
    expect(begun).toEqual([0, 1]);

    answer(1);
    await settled();
    expect(begun).toEqual([0, 1, 2]);
    fail(0);
    await settled();
    expect(begun).toEqual([0, 1, 2, 3]);

    answer(2);
    answer(3);
    expect(await Promise.all(reads)).toEqual([expect.objectContaining({ message: 'broken' }), 1, 2, 3]);
  });

  it('are refused as "overloaded" when too many wait, and accepted again when there is room', async () => {
    const { read, answer } = heldReads({ atOnce: 1, waiting: 1 });
    const accepted = [read(0), read(1)];
    await settled();

    expect(await reason(read(2))).toBeInstanceOf(OverloadedError);

    answer(0);
    await settled();
    answer(1);
    expect(await Promise.all(accepted)).toEqual([0, 1]);
    const later = read(3);
    await settled();
    answer(3);
    expect(await later).toBe(3);
  });

  it('reject when their turn does not come in time, and then never begin', async () => {
    const { read, begun, answer } = heldReads({ atOnce: 1, waitTimeout: 50 });
    const first = read(0);

    const late = await reason(read(1));

    expect(late).toBeInstanceOf(StoreUnavailableError);
    expect(late).toMatchObject({ message: 'earlier reads took longer than 50 ms' });
    answer(0);
    expect(await first).toBe(0);
    const next = read(2);
    await settled();
    expect(begun).toEqual([0, 2]);
    answer(2);
    expect(await next).toBe(2);
  });
});
