import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

const MAX_MICROSECONDS = 600_000_000;

/** An HDR histogram of latencies in milliseconds, to 3 significant figures. */
export class Latencies {
  readonly #microseconds: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: MAX_MICROSECONDS,
    figures: 3,
  });

  get count(): number {
    return this.#microseconds.count;
  }

  record(milliseconds: number): void {
    this.#microseconds.record(Math.min(MAX_MICROSECONDS, Math.max(1, Math.round(milliseconds * 1000))));
  }

  /** 0 when nothing was recorded. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#microseconds.percentile(percent) / 1000;
  }

  get max(): number {
    return this.count === 0 ? 0 : this.#microseconds.max / 1000;
  }
}
