import { Histogram, SECONDS_BOUNDS } from '#application/measure/histogram';

/** A single reading, a usual batch, the largest group. */
const COMMIT_BOUNDS = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];

/** What a group commit writer has done since the start, for metrics. */
export class CommitMeasures {
  /** Readings of each commit, failed ones included. */
  readonly readings = new Histogram(COMMIT_BOUNDS);
  readonly seconds = new Histogram(SECONDS_BOUNDS);
  failed = 0;
  /** Requests that found the queue full. */
  refusedRequests = 0;
}
