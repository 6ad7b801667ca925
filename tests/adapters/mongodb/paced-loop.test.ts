import { describe, expect, it } from 'vitest';
import { PacedLoop, pauseAfter } from '#adapters/outbound/mongodb/live/paced-loop';
import { recordedLog } from '#tests/support/live-documents';

describe('the pause after a step', () => {
  it.each([
    ['a few devices are not worth a step of their own', 1, 1, false, 100],
    ['a step takes a twentieth of the time', 400, 25, false, 475],
    ['but 500 devices a second have their turn', 350, 200, false, 500],
    ['also when they take all of the time', 350, 2_000, false, 100],
    ['nothing to do', 0, 0, false, 100],
    ['a step takes half the time while nothing is committed', 400, 25, true, 25],
    ['and nothing to do is no reason to wait then', 0, 0, true, 0],
  ])('%s: %i devices in %i ms', (_, devices, duration, isIdle, pause) => {
    expect(pauseAfter(devices, duration, isIdle)).toBeCloseTo(pause);
  });
});

/** A loop whose steps are the given functions in turn, and the number of steps so far. */
function loopOf(steps: readonly (() => Promise<boolean> | boolean)[]) {
  const log = recordedLog();
  const state = { steps: 0 };
  const loop = new PacedLoop(
    'do it',
    async () => ({ devices: 1, isMore: (await steps[state.steps++]?.()) ?? false }),
    () => false,
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
