import { describe, expect, it } from 'vitest';
import { remote } from '#adapters/outbound/sqlite/thread/remote';
import { type Caller, Thread } from '#adapters/outbound/sqlite/thread/thread-protocol';
import { StoreUnavailableError } from '#application/errors';
import type { FailingObjects } from './failing-thread.ts';

const start = (data: { startWith?: string; closeWith?: string } = {}) =>
  Thread.start<FailingObjects>(new URL('./failing-thread.ts', import.meta.url), data);

/** Collects failures: there must be none once the thread was asked to end. */
function failuresOf(thread: Thread<FailingObjects>): Error[] {
  const failures: Error[] = [];
  void thread.failed.then((failure) => failures.push(failure));
  return failures;
}

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('the promise did not reject');
    },
    (error) => error,
  );

describe('a call to the thread', () => {
  it('resolves with what the method returns, in the order of the calls', async () => {
    const thread = await start();

    expect(await Promise.all([1, 2, 3].map((n) => thread.call('math', 'add', [n, 10])))).toEqual([11, 12, 13]);
    await thread.close();
  });

  it('rejects as "store unavailable" with the error of SQLite as its cause, and the next call is served', async () => {
    const thread = await start();

    const error = await rejection(thread.call('faults', 'fail', ['disk I/O error', 10]));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toBe('disk I/O error');
    expect(error.cause).toMatchObject({ message: 'disk I/O error', stack: expect.stringContaining('failing-thread') });
    expect(await thread.call('math', 'add', [1, 1])).toBe(2);
    await thread.close();
  });

  it('to a method that is not there rejects with its name, and the next call is served', async () => {
    const thread = await start();
    const unchecked: Caller<Record<string, Record<string, () => void>>> = thread as never;

    expect(await rejection(unchecked.call('math', 'divide', []))).toMatchObject({
      name: 'TypeError',
      message: 'the SQLite thread has no method math.divide',
    });
    expect((await rejection(unchecked.call('poetry', 'add', []))).message).toBe(
      'the SQLite thread has no method poetry.add',
    );
    expect(await thread.call('math', 'add', [1, 1])).toBe(2);
    await thread.close();
  });
});

describe('a remote object', () => {
  it('has the methods of the object in the thread, with promises for results', async () => {
    const thread = await start();
    const { add } = remote<FailingObjects, 'math'>(thread, 'math');

    expect(await Promise.all([1, 2, 3].map((n) => add(n, 10)))).toEqual([11, 12, 13]);
    await thread.close();
  });

  it('rejects as the call does', async () => {
    const thread = await start();

    expect(
      await rejection(remote<FailingObjects, 'faults'>(thread, 'faults').fail('disk I/O error', 10)),
    ).toBeInstanceOf(StoreUnavailableError);
    await thread.close();
  });

  it('is not thenable, so that async functions can return it', async () => {
    const thread = await start();
    const math = remote<FailingObjects, 'math'>(thread, 'math');

    expect(await Promise.resolve(math)).toBe(math);
    expect(await math.add(1, 1)).toBe(2);
    await thread.close();
  });
});

describe('an error in a call', () => {
  it('rejects as it is when it is not from SQLite: a retry cannot help', async () => {
    const thread = await start();

    const error = await rejection(thread.call('faults', 'fail', ['x is not a function']));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ message: 'x is not a function', stack: expect.stringContaining('failing-thread') });
    await thread.close();
  });

  it('does not end the thread when it cannot be cloned', async () => {
    const thread = await start();

    const error = await rejection(thread.call('faults', 'failWithFunction', [10]));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('disk I/O error');
    expect(await thread.call('math', 'add', [1, 1])).toBe(2);
    await thread.close();
  });
});

describe('a thread that dies', () => {
  it.each([
    ['crash', 'the SQLite thread has failed: planted crash'],
    ['exit', 'the SQLite thread has ended'],
  ] as const)('rejects every pending call, and every later one (%s)', async (method, message) => {
    const thread = await start();

    const pending = await Promise.all(
      [thread.call('faults', method, []), thread.call('math', 'add', [1, 1])].map(rejection),
    );
    const later = await rejection(thread.call('math', 'add', [1, 1]));

    for (const error of [...pending, later]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toBe(message);
    }
    await thread.close();
  });

  it('reports the cause', async () => {
    const thread = await start();

    const error = await rejection(thread.call('faults', 'crash', []));

    expect(error.cause).toMatchObject({ message: 'planted crash' });
    expect(await thread.failed).toBe(error);
    await thread.close();
  });
});

describe('a thread that does not start', () => {
  it('rejects the start with the error', async () => {
    await expect(start({ startWith: 'file is not a database' })).rejects.toThrow('file is not a database');
  });

  it('rejects the start when its file is missing', async () => {
    await expect(Thread.start(new URL('./nowhere.ts', import.meta.url), {})).rejects.toThrow('nowhere.ts');
  });
});

describe('closing the thread', () => {
  it('finishes earlier calls and refuses later ones', async () => {
    const thread = await start();
    const before = thread.call('math', 'add', [1, 2]);

    await thread.close();

    expect(await before).toBe(3);
    expect(await rejection(thread.call('math', 'add', [1, 1]))).toBeInstanceOf(StoreUnavailableError);
    await thread.close();
  });

  it('completes even when the thread fails while closing, which does not count as a failure', async () => {
    const thread = await start({ closeWith: 'cannot close' });
    const failures = failuresOf(thread);

    await thread.close();

    expect(failures).toEqual([]);
    expect((await rejection(thread.call('math', 'add', [1, 1]))).cause).toMatchObject({ message: 'cannot close' });
  });
});

describe('terminating the thread', () => {
  it('does not wait for pending calls: they reject as "store unavailable"', async () => {
    const thread = await start();
    const failures = failuresOf(thread);
    const pending = [thread.call('faults', 'work', [60_000]), thread.call('math', 'add', [1, 2])].map(rejection);

    await thread.terminate();

    expect(failures).toEqual([]);
    for (const error of [...(await Promise.all(pending)), thread.failure]) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
    }
    await thread.terminate();
  });
});
