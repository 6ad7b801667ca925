import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '#application/access/token-bucket';

describe('a token bucket', () => {
  it('is full at first, refills steadily and never beyond its capacity', () => {
    const bucket = new TokenBucket(60, 60_000, 0);

    expect(bucket.take(60, 0)).toBe(true);
    expect(bucket.remaining(0)).toBe(0);
    expect(bucket.remaining(1_500)).toBe(1);
    expect(bucket.remaining(10_000_000)).toBe(60);
  });

  it('takes nothing when it cannot give everything', () => {
    const bucket = new TokenBucket(10, 10_000, 0);

    expect(bucket.take(8, 0)).toBe(true);
    expect(bucket.take(3, 0)).toBe(false);
    expect(bucket.remaining(0)).toBe(2);
    expect(bucket.waitFor(3, 0)).toBe(1_000);
  });

  it('lends more than its capacity only when it is full', () => {
    const bucket = new TokenBucket(10, 10_000, 0);

    expect(bucket.take(1, 0)).toBe(true);
    expect(bucket.take(25, 0)).toBe(false);
    expect(bucket.take(25, 1_000)).toBe(true);
    expect(bucket.remaining(1_000)).toBe(0);
    expect(bucket.waitFor(1, 1_000)).toBe(16_000);
  });

  it('never gives more than its capacity and what has been refilled, and one request beyond', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 5_000 })));
    fc.assert(
      fc.property(steps, (requests) => {
        const bucket = new TokenBucket(20, 10_000, 0);
        let now = 0;
        let taken = 0;
        let largest = 0;
        for (const [amount, pause] of requests) {
          now += pause;
          if (!bucket.take(amount, now)) continue;
          taken += amount;
          largest = Math.max(largest, amount);
        }
        expect(taken).toBeLessThanOrEqual(20 + (now * 20) / 10_000 + Math.max(0, largest - 20) + 1e-6);
      }),
    );
  });

  it('gives when it was said to', () => {
    const any = { taken: fc.integer({ min: 1, max: 20 }), wanted: fc.integer({ min: 1, max: 40 }) };
    fc.assert(
      fc.property(fc.record(any), ({ taken, wanted }) => {
        const bucket = new TokenBucket(20, 10_000, 0);
        bucket.take(taken, 0);
        expect(bucket.take(wanted, Math.ceil(bucket.waitFor(wanted, 0)) + 1)).toBe(true);
      }),
    );
  });
});
