import { describe, expect, it } from 'vitest';
import { Thread } from '#adapters/outbound/sqlite/thread/thread-protocol';
import { StoreUnavailableError } from '#application/errors';
import type { FailingMethods } from './failing-thread.ts';

const start = (data: { startWith?: string; closeWith?: string } = {}) =>
  Thread.start<FailingMethods>(new URL('./failing-thread.ts', import.meta.url), data);

/** Notes whether the thread fails while it is asked to end, which it never must. */
function failuresOf(thread: Thread<FailingMethods>): Error[] {
  const failures: Error[] = [];
  void thread.failed.then((failure) => failures.push(failure));
  return failures;
}

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error) => error,
  );

describe('a call to the thread', () => {
  it('is answered with what the method returns, calls in their order', async () => {
    const thread = await start();

    expect(await Promise.all([1, 2, 3].map((n) => thread.call('add', [n, 10])))).toEqual([11, 12, 13]);
    await thread.close();
  });

  it('rejects as "store unavailable" with what SQLite threw, and the next call is served', async () => {
    const thread = await start();

    const error = await rejection(thread.call('fail', ['disk I/O error', 10]));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toBe('disk I/O error');
    expect(error.cause).toMatchObject({ message: 'disk I/O error', stack: expect.stringContaining('failing-thread') });
    expect(await thread.call('add', [1, 1])).toBe(2);
    await thread.close();
  });
});

describe('a fault of a call', () => {
  it('that SQLite did not make is what it was: sending again would not mend it', async () => {
    const thread = await start();

    const error = await rejection(thread.call('fail', ['x is not a function']));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ message: 'x is not a function', stack: expect.stringContaining('failing-thread') });
    await thread.close();
  });

  it('that cannot be sent as it is does not end the thread', async () => {
    const thread = await start();

    const error = await rejection(thread.call('failWithFunction', [10]));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('disk I/O error');
    expect(await thread.call('add', [1, 1])).toBe(2);
    await thread.close();
  });
});

describe('a thread that dies', () => {
  it.each([
    ['crash', 'the SQLite thread has failed'],
    ['exit', 'the SQLite thread has ended'],
  ] as const)('fails every call that waits, and every call after that (%s)', async (method, message) => {
    const thread = await start();

    const waiting = await Promise.all([thread.call(method, []), thread.call('add', [1, 1])].map(rejection));
    const later = await rejection(thread.call('add', [1, 1]));

    for (const error of [...waiting, later]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toBe(message);
    }
    await thread.close();
  });

  it('says what killed it', async () => {
    const thread = await start();

    const error = await rejection(thread.call('crash', []));

    expect(error.cause).toMatchObject({ message: 'planted crash' });
    expect(await thread.failed).toBe(error);
    await thread.close();
  });
});

describe('a thread that does not start', () => {
  it('rejects the start with what it threw', async () => {
    await expect(start({ startWith: 'file is not a database' })).rejects.toThrow('file is not a database');
  });

  it('rejects the start when its file is not there', async () => {
    await expect(Thread.start(new URL('./nowhere.ts', import.meta.url), {})).rejects.toThrow('nowhere.ts');
  });
});

describe('closing the thread', () => {
  it('lets it finish what it was asked before, and refuses what comes after', async () => {
    const thread = await start();
    const before = thread.call('add', [1, 2]);

    await thread.close();

    expect(await before).toBe(3);
    expect(await rejection(thread.call('add', [1, 1]))).toBeInstanceOf(StoreUnavailableError);
    await thread.close();
  });

  it('comes to an end even when the thread fails at its own, which does not count as a failure', async () => {
    const thread = await start({ closeWith: 'cannot close' });
    const failures = failuresOf(thread);

    await thread.close();

    expect(failures).toEqual([]);
    expect((await rejection(thread.call('add', [1, 1]))).cause).toMatchObject({ message: 'cannot close' });
  });
});

describe('terminating the thread', () => {
  it('does not wait for what it was asked before: that rejects as "store unavailable"', async () => {
    const thread = await start();
    const failures = failuresOf(thread);
    const asked = [thread.call('work', [60_000]), thread.call('add', [1, 2])].map(rejection);

    await thread.terminate();

    expect(failures).toEqual([]);
    for (const error of [...(await Promise.all(asked)), thread.failure]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
    }
    await thread.terminate();
  });
});
