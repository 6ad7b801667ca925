import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BoundedThread, type CallLimits } from '#adapters/outbound/sqlite/thread/bounded-thread';
import { Thread } from '#adapters/outbound/sqlite/thread/thread-protocol';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import type { FailingObjects } from './failing-thread.ts';

async function bounded(limits: CallLimits) {
  const thread = await Thread.start<FailingObjects>(new URL('./failing-thread.ts', import.meta.url), {});
  const reader = new BoundedThread(thread, limits);
  onTestFinished(() => reader.terminate());
  return {
    reader,
    add: (a: number, b: number) => reader.call('math', 'add', [a, b]),
    work: (ms: number) => reader.call('faults', 'work', [ms]),
    fail: () => reader.call('faults', 'fail', ['disk I/O error', 10]),
  };
}

const reason = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('calls that wait for a thread', () => {
  it('are answered in order, however few are sent at once', async () => {
    const { add } = await bounded({ sent: 2 });
    const order: number[] = [];

    await Promise.all(Array.from({ length: 50 }, (_, n) => add(n, 1).then((sum) => order.push(sum))));

    expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('are refused as "overloaded" when too many wait, and accepted again when there is room', async () => {
    const { add, work } = await bounded({ sent: 1, waiting: 2 });
    const accepted = [work(50), add(1, 1), add(2, 2)];

    expect(await reason(add(3, 3))).toBeInstanceOf(OverloadedError);

    expect(await Promise.all(accepted)).toEqual([undefined, 2, 4]);
    expect(await add(3, 3)).toBe(6);
  });

  it('are overtaken by the few that must not wait, even when no more may wait', async () => {
    const { reader, add, work } = await bounded({ sent: 1, waiting: 1 });
    const order: string[] = [];
    const calls = [work(50).then(() => order.push('sent')), add(1, 1).then(() => order.push('waiting'))];

    expect(await reader.ahead.call('math', 'add', [2, 2])).toBe(4);
    order.push('ahead');
    await Promise.all(calls);

    expect(order).toEqual(['sent', 'ahead', 'waiting']);
  });

  it('reject when they are not sent in time; the call that was sent is still answered', async () => {
    const { add, work } = await bounded({ sent: 1, waitTimeout: 50 });
    const sent = work(400);
    let isAnswered = false;
    void sent.then(() => {
      isAnswered = true;
    });

    const late = await reason(add(1, 1));

    expect(late).toBeInstanceOf(StoreUnavailableError);
    expect(late).toMatchObject({ message: 'earlier reads took longer than 50 ms' });
    expect(isAnswered).toBe(false);
    expect(await sent).toBeUndefined();
    expect(await add(1, 1)).toBe(2);
  });

  it('get their turn after one that failed', async () => {
    const { add, fail } = await bounded({ sent: 1 });

    const failing = [fail(), fail(), fail()].map(reason);

    expect(await add(1, 1)).toBe(2);
    for (const error of await Promise.all(failing)) expect(error).toBeInstanceOf(StoreUnavailableError);
  });

  it('wait while work is done that needs an idle thread, which starts after the calls sent before', async () => {
    const { reader, add, work } = await bounded({ sent: 2 });
    const order: string[] = [];
    const call = (name: string) => work(20).then(() => order.push(name));

    const before = [call('a'), call('b'), call('c')];
    const idle = reader.whileIdle(async () => {
      await setImmediate();
      order.push('idle');
    });
    await Promise.all([...before, idle, call('d')]);

    expect(order).toEqual(['a', 'b', 'idle', 'c', 'd']);
    await expect(reader.whileIdle(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await add(1, 1)).toBe(2);
  });

  it('reject when the thread is terminated, and so do later ones', async () => {
    const { reader, add, work } = await bounded({ sent: 1 });
    const pending = [work(60_000), add(1, 1)].map(reason);

    await reader.terminate();

    for (const error of [...(await Promise.all(pending)), await reason(add(1, 1))]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
    }
  });
});
