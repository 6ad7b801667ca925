import { describe, expect, it } from 'vitest';
import { CommitLoad } from '#adapters/outbound/mongodb/live/commit-load';
import { PacedLoop, pauseAfter } from '#adapters/outbound/mongodb/live/paced-loop';
import { recordedLog } from '#tests/support/live-documents';

describe('the pause after a step', () => {
  it.each([
    ['a few devices are not worth a step of their own', 1, 1, 'normal' as const, 100],
    ['a step takes a twentieth of the time', 400, 25, 'normal' as const, 475],
    ['but 500 devices a second have their turn', 350, 200, 'normal' as const, 500],
    ['also when they take all of the time', 350, 2_000, 'normal' as const, 100],
    ['at full load 100 a second', 350, 200, 'full' as const, 3_300],
    ['nothing to do', 0, 0, 'full' as const, 100],
    ['a step takes half the time while nothing is committed', 400, 25, 'idle' as const, 25],
    ['and nothing to do is no reason to wait then', 0, 0, 'idle' as const, 0],
  ])('%s: %i devices in %i ms', (_, devices, duration, load, pause) => {
    expect(pauseAfter(devices, duration, load)).toBeCloseTo(pause);
  });
});

describe('the load of commits', () => {
  const loadOf = (readingsPerSecond: number, seconds: number) => {
    const load = new CommitLoad();
    for (let ms = 0; ms < seconds * 1_000; ms += 10) load.note(readingsPerSecond / 100, ms);
    return load;
  };

  it('is idle before the first commit and soon after the last', () => {
    expect(new CommitLoad().at(0)).toBe('idle');
    expect(loadOf(333, 5).at(5_000)).toBe('normal');
    expect(loadOf(333, 5).at(5_200)).toBe('idle');
  });

  it('is full above 1,000 readings a second, and normal again a moment after', () => {
    const load = loadOf(30_000, 5);
    expect(load.at(5_000)).toBe('full');
    for (let ms = 5_000; ms < 8_000; ms += 10) load.note(3, ms);
    expect(load.at(8_000)).toBe('normal');
  });
});

/** A loop whose steps are the given functions in turn, and the number of steps so far. */
function loopOf(steps: readonly (() => Promise<boolean> | boolean)[]) {
  const log = recordedLog();
  const state = { steps: 0 };
  const loop = new PacedLoop(
    'do it',
    async () => ({ devices: 1, isMore: (await steps[state.steps++]?.()) ?? false }),
    () => 'normal',
    log.logger,
  );
  return { loop, state, log };
}

const more = () => true;
const done = () => false;
const failing = () => Promise.reject(new Error('no'));

describe('a paced loop', () => {
  it('ends when there is no more, and begins again on request', async () => {
    const { loop, state } = loopOf([more, more, done, done]);

    loop.request();
    loop.request();
    await expect.poll(() => state.steps).toBe(3);
    loop.request();
    await expect.poll(() => state.steps).toBe(4);
    await loop.stop();
  });

  it('does not lose a request that comes during a step', async () => {
    const { loop, state } = loopOf([
      () => {
        loop.request();
        return false;
      },
      done,
    ]);

    loop.request();
    await expect.poll(() => state.steps).toBe(2);
    await loop.stop();
  });

  it('tries a step that failed again, and logs the first failure and the recovery', async () => {
    const { loop, state, log } = loopOf([failing, failing, done]);

    loop.request();
    await expect.poll(() => state.steps, { timeout: 10_000 }).toBe(3);
    await loop.stop();

    expect(log.lines).toEqual(['warn failed to do it; will keep trying', 'info able to do it again']);
  });

  it('stops when the step in progress has ended', async () => {
    let finish = (_: boolean) => {};
    const { loop, state } = loopOf([() => new Promise<boolean>((resolve) => (finish = resolve)), done]);
    loop.request();
    await expect.poll(() => state.steps).toBe(1);

    let stopped = false;
    const stop = loop.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    expect(stopped).toBe(false);
    finish(true);
    await stop;
    loop.request();

    expect(state.steps).toBe(1);
  });
});
