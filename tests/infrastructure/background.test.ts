import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Background, type BackgroundTask } from '#infrastructure/background';
import { LogLines } from '#tests/adapters/http/app-under-test';

const QUICK = { firstRun: 1, pause: 1 };
const SOON = 2_000;

let background: Background | undefined;
afterEach(() => background?.close(SOON));

/** Starts tasks and waits until `done` returns true. */
async function running(tasks: readonly BackgroundTask[], done: () => boolean, log = new LogLines()) {
  background = new Background(tasks, log, QUICK);
  for (const begin = performance.now(); !done() && performance.now() - begin < 10_000; ) await sleep(2);
  expect(done()).toBe(true);
  return log;
}

describe('background work', () => {
  it('runs one task at a time, in order, repeatedly', async () => {
    const done: string[] = [];
    let atOnce = 0;
    const task = (name: string): BackgroundTask => ({
      name,
      run: async () => {
        expect(++atOnce).toBe(1);
        await sleep(3);
        atOnce--;
        done.push(name);
      },
    });

    await running([task('a'), task('b')], () => done.length >= 5);

    expect(done.slice(0, 5)).toEqual(['a', 'b', 'a', 'b', 'a']);
  });

  it('goes on with other tasks when one fails, and logs an error only for consecutive failures', async () => {
    let others = 0;
    const failing = { name: 'close hours', run: () => Promise.reject(new Error('down')) };
    const log = await running([failing, { name: 'other', run: async () => ++others }], () => others >= 3);

    const failures = log.lines.filter(({ message }) => message === 'background task failed');
    expect(failures.slice(0, 3)).toMatchObject([
      { level: 'warn', fields: { task: 'close hours', currentStreak: 1, error: new Error('down') } },
      { level: 'error', fields: { currentStreak: 2 } },
      { level: 'error', fields: { currentStreak: 3 } },
    ]);
  });

  it('logs no error for a task that fails only occasionally', async () => {
    let runs = 0;
    const flaky = {
      name: 'flaky',
      run: async () => (++runs % 2 === 0 ? Promise.reject(new Error('once')) : undefined),
    };
    const log = await running([flaky], () => runs >= 6);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(2);
  });

  it('aborts a running task when it is closed, and waits for its end', async () => {
    let state = 'waiting';
    const task: BackgroundTask = {
      name: 'long',
      run: async (signal) => {
        state = 'running';
        while (!signal.aborted) await sleep(1);
        await sleep(20);
        state = 'ended';
      },
    };
    await running([task, { name: 'next', run: async () => (state = 'never') }], () => state === 'running');

    await background?.close(SOON);
    expect(state).toBe('ended');
  });

  it('does not wait forever for a task that ignores the abort', async () => {
    let started = false;
    const stuck = { name: 'stuck', run: () => new Promise(() => (started = true)) };
    await running([stuck], () => started);
    const begin = performance.now();
    await background?.close(30);
    expect(performance.now() - begin).toBeLessThan(SOON);
  });

  it('runs nothing when it is closed before the first run', async () => {
    let runs = 0;
    const early = new Background([{ name: 'early', run: async () => ++runs }], new LogLines(), { firstRun: 20 });
    await early.close(SOON);
    await sleep(40);
    expect(runs).toBe(0);
  });
});
