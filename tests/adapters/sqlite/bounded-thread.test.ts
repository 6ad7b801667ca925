import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BoundedThread, type CallLimits } from '#adapters/outbound/sqlite/thread/bounded-thread';
import { Thread } from '#adapters/outbound/sqlite/thread/thread-protocol';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import type { FailingMethods } from './failing-thread.ts';

async function bounded(limits: CallLimits) {
  const thread = await Thread.start<FailingMethods>(new URL('./failing-thread.ts', import.meta.url), {});
  const reader = new BoundedThread(thread, limits);
  onTestFinished(() => reader.terminate());
  return reader;
}

const reason = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('calls that wait for a thread', () => {
  it('are answered in their order, however few are sent at once', async () => {
    const reader = await bounded({ sent: 2 });
    const order: number[] = [];

    const calls = Array.from({ length: 50 }, (_, n) => reader.call('add', [n, 1]).then((sum) => order.push(sum)));
    await Promise.all(calls);

    expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('are refused as "overloaded" beyond their bound, and taken again when there is room', async () => {
    const reader = await bounded({ sent: 1, waiting: 2 });
    const taken = [reader.call('work', [50]), reader.call('add', [1, 1]), reader.call('add', [2, 2])];

    expect(await reason(reader.call('add', [3, 3]))).toBeInstanceOf(OverloadedError);

    expect(await Promise.all(taken)).toEqual([undefined, 2, 4]);
    expect(await reader.call('add', [3, 3])).toBe(6);
  });

  it('are given up when their turn does not come in time; what was sent is still answered', async () => {
    const reader = await bounded({ sent: 1, patience: 50 });
    const sent = reader.call('work', [400]);
    const begin = performance.now();

    const late = await reason(reader.call('add', [1, 1]));

    expect(late).toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - begin).toBeLessThan(300);
    expect(await sent).toBeUndefined();
    expect(await reader.call('add', [1, 1])).toBe(2);
  });

  it('have their turn after one that failed', async () => {
    const reader = await bounded({ sent: 1 });

    const failing = Array.from({ length: 3 }, () => reason(reader.call('fail', ['disk I/O error', 10])));

    expect(await reader.call('add', [1, 1])).toBe(2);
    for (const error of await Promise.all(failing)) expect(error).toBeInstanceOf(StoreUnavailableError);
  });

  it('wait while something is done that needs the thread to be idle, which waits for those sent before', async () => {
    const reader = await bounded({ sent: 2 });
    const order: string[] = [];
    const call = (name: string) => reader.call('work', [20]).then(() => order.push(name));

    const before = [call('a'), call('b'), call('c')];
    const idle = reader.whileIdle(async () => {
      await setImmediate();
      order.push('idle');
    });
    await Promise.all([...before, idle, call('d')]);

    expect(order).toEqual(['a', 'b', 'idle', 'c', 'd']);
    await expect(reader.whileIdle(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await reader.call('add', [1, 1])).toBe(2);
  });

  it('reject when the thread is terminated, as do those after', async () => {
    const reader = await bounded({ sent: 1 });
    const asked = [reader.call('work', [60_000]), reader.call('add', [1, 1])].map(reason);

    await reader.terminate();

    for (const error of [...(await Promise.all(asked)), await reason(reader.call('add', [1, 1]))]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
    }
  });
});
