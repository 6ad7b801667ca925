import { type Millis, SECOND } from '#domain/time/time';

export interface PacingLimits {
  /**
   * Max readings that several requests share in one commit. At 1,000 the cost of a transaction is spread so thin that a
   * larger group gains nothing, and waiting for it takes milliseconds. A larger single request is one commit.
   */
  readonly groupReadings: number;
  /** Commits handed to the store at once: one that it works on, and one that is ready when that is done. */
  readonly commitsInFlight: number;
  /** Max readings accepted and not yet answered. Beyond it a request is refused, so that waiting stays short. */
  readonly queueReadings: number;
  /**
   * The queue holds what the store is likely to take in this time, if that is less than `queueReadings`: accepted
   * requests are answered soon, however slow the store is. Never less than `MIN_QUEUE`, and no more until the store's
   * pace is known.
   */
  readonly maxWait: Millis;
}

/** A commit that has ended: stored or failed. */
interface EndedCommit {
  readonly readings: number;
  readonly duration: Millis;
  /** By `performance.now()`. */
  readonly end: Millis;
}

export const NO_COMMIT: EndedCommit = { readings: 0, duration: 0, end: 0 };

interface Pending {
  readonly readings: number;
  /** When the oldest of them arrived, by `performance.now()`. */
  readonly since: Millis;
}

/**
 * A commit smaller than the last one waits for more readings, up to this share of the last one's duration: the devices
 * that were just answered are about to send their next requests. This gains most where a commit costs round trips. When
 * it would be less than a millisecond (SQLite), it is not worth a timer.
 */
const LINGER_SHARE = 0.5;
const MIN_LINGER: Millis = 1;
const MAX_LINGER: Millis = 5;
/** The last commit predicts nothing once this many times its duration have passed. */
const FORGET_AFTER_DURATIONS = 4;

/** Four of the largest requests: clients that import in parallel are not refused, whatever the store's pace. */
const MIN_QUEUE = 20_000;
/** The pace is averaged over about this time: each commit weighs in by the share of it that it took. */
const PACE_WINDOW: Millis = SECOND;

/** How much longer to wait for more readings before the next commit; 0 to start it now. */
export function lingerTime(last: EndedCommit, { readings, since }: Pending, now: Millis): Millis {
  const linger = Math.min(last.duration * LINGER_SHARE, MAX_LINGER);
  const isForgotten = now - last.end > FORGET_AFTER_DURATIONS * last.duration;
  if (linger < MIN_LINGER || readings >= last.readings || isForgotten) return 0;
  return Math.max(0, Math.max(since, last.end) + linger - now);
}

/**
 * Max readings of the next commit. Commits begin and end in turns of the event loop. When turns are long, because there
 * are requests to refuse, the store would be idle most of the time; a store with a `maxGroupWhenBusy` gets larger groups
 * then.
 */
export function maxGroup(limits: PacingLimits, pendingReadings: number, maxGroupWhenBusy = 0): number {
  return Math.max(limits.groupReadings, Math.min(pendingReadings / limits.commitsInFlight, maxGroupWhenBusy));
}

/**
 * The store's pace in readings per millisecond, given what was known before. Small commits do not change it: they cost
 * what a transaction costs, whatever is in it.
 */
export function learnPace(limits: PacingLimits, pace: number | undefined, commit: EndedCommit): number | undefined {
  if (commit.readings < limits.groupReadings / 2) return pace;
  const current = (commit.readings * limits.commitsInFlight) / commit.duration;
  return pace === undefined ? current : pace + Math.min(1, commit.duration / PACE_WINDOW) * (current - pace);
}

/** Max readings that may wait for an answer, given the store's pace if it is known. */
export function maxQueue({ queueReadings, maxWait }: PacingLimits, pace = 0): number {
  return Math.min(queueReadings, Math.max(MIN_QUEUE, pace * maxWait));
}
