/** Counts observations by size. Observing takes some nanoseconds: it is done for every request and commit. */
export class Histogram {
  /** Upper bounds of the buckets, ascending; an observation counts in the first whose bound it does not exceed. */
  readonly bounds: readonly number[];
  /** Observations of each bucket, and in the last place those beyond all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}

/** From a lookup in memory to the limit of a commit, in seconds. */
export const SECONDS_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
