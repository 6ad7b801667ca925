import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { closedLoop } from '../../bench/load/closed-loop.ts';
import type { Lane } from '../../bench/load/lane.ts';
import { openLoop } from '../../bench/load/open-loop.ts';

function laneThat(send: (number: number) => Promise<number>): Lane {
  return { send, close: () => undefined };
}

describe('the load loops of the benchmark', () => {
  it('closed: never sends a batch twice, and stops at the number of batches', async () => {
    const sent: number[] = [];
    const lane = laneThat(async (number) => {
      sent.push(number);
      await sleep(1);
      return 200;
    });
    const result = await closedLoop([lane, lane, lane], { seconds: 10, batches: 20, first: 5 });
    expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 5));
    expect(result).toMatchObject({ accepted: 20, next: 25 });
  });

  it('closed: counts refusals by status and leaves them out of the rate', async () => {
    const lane = laneThat(async (number) => (number % 2 === 0 ? 201 : 503));
    const result = await closedLoop([lane], { seconds: 10, batches: 10 });
    expect(result.accepted).toBe(5);
    expect(result.refused).toEqual(new Map([[503, 5]]));
  });

  it('open: a stall makes everything that fell due meanwhile late', async () => {
    const lane = laneThat(async (number) => {
      if (number === 0) await sleep(200);
      return 200;
    });
    const result = await openLoop([lane], { rate: 100, seconds: 0.3, maxWaiting: 1000, drainSeconds: 5 });
    expect(result).toMatchObject({ due: 30, accepted: 30, unsent: 0 });
    expect(result.latencies.percentile(50)).toBeGreaterThan(20); // about 20 of 30 waited, 0 to 200 ms
    expect(result.fromSending.percentile(50)).toBeLessThan(10); // one alone was slow by itself
  });

  it('open: what cannot wait is given up and counted', async () => {
    const lane = laneThat(async () => {
      await sleep(50);
      return 200;
    });
    const result = await openLoop([lane], { rate: 200, seconds: 0.3, maxWaiting: 2, drainSeconds: 5 });
    expect(result.due).toBe(60);
    expect(result.unsent).toBeGreaterThan(30);
    expect(result.accepted + result.unsent).toBe(60);
  });
});
