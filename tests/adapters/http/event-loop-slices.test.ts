import { describe, expect, it } from 'vitest';
import { inSlices } from '#adapters/inbound/http/wire/admission/event-loop-slices';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('jobs in slices', () => {
  it('share the event loop: one slice of one job per turn, each job in its turn', async () => {
    const log: string[] = [];
    const job = (name: string) =>
      inSlices(async (slices) => {
        for (let slice = 1; slice <= 3; slice++) {
          await slices.next();
          log.push(`${name}${slice}`);
        }
      });
    const others = (async () => {
      for (let turns = 0; turns < 6; turns++) {
        await turn();
        log.push('-');
      }
    })();
    await Promise.all([job('a'), job('b'), others]);
    expect(log.filter((entry) => entry !== '-')).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    for (let at = 1; at < log.length; at++) if (log[at] !== '-') expect(log[at - 1]).toBe('-');
  });

  it('that do not fit into a slice are four at once; those that finish a request get the next place', async () => {
    const begun: string[] = [];
    const held = Promise.withResolvers<void>();
    const job = (name: string, isLast: boolean) =>
      inSlices(
        async (slices) => {
          await slices.next();
          begun.push(name);
          await held.promise;
        },
        { isLast },
      );
    const jobs = ['1', '2', '3', '4', '5', '6'].map((name) => job(name, false));
    jobs.push(job('last', true));
    while (begun.length < 4) await turn();
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(begun).toEqual(['1', '2', '3', '4']);

    held.resolve();
    await Promise.all(jobs);
    expect(begun.slice(4)).toEqual(['last', '5', '6']);
  });

  it('give their place back when they fail, and never wait if they are short', async () => {
    for (let i = 0; i < 10; i++) {
      const failing = inSlices(async (slices) => {
        await slices.next();
        throw new Error('failed');
      });
      await expect(failing).rejects.toThrow('failed');
    }
    expect(await inSlices(async () => 'short')).toBe('short');
  });
});
