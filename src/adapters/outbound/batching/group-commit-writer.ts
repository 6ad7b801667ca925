import { OverloadedError, StoreUnavailableError } from '#application/errors';
import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { type Millis, SECOND } from '#domain/time/time';

export interface GroupCommitLimits {
  /**
   * Most readings of several requests that become one commit. At 1,000 the cost of a transaction is spread so thin
   * that more gains nothing, and the wait for it stays in the milliseconds. A larger single request is one commit.
   */
  readonly groupReadings: number;
  /** Commits handed to the store at once: one that it works on, and one that is ready when that is done. */
  readonly commitsInFlight: number;
  /** Most readings accepted and not yet answered. Beyond it a request is refused, so that waiting stays short. */
  readonly queueReadings: number;
  /**
   * As many readings are accepted as the store is likely to take in this time, where that is less: what is let in is
   * answered soon, however slow the store is. Never fewer than `LEAST_QUEUE`, and no more before its pace is known.
   */
  readonly longestWait: Millis;
  /** Most memory those readings take, estimated by `READING_BYTES` and the length of their ids. */
  readonly queueBytes: number;
  /** A request that the store has not answered for this long is given up; devices send it again. */
  readonly timeout: Millis;
}

export const DEFAULT_GROUP_COMMIT_LIMITS: GroupCommitLimits = {
  groupReadings: 1_000,
  commitsInFlight: 2,
  queueReadings: 50_000,
  longestWait: 300,
  queueBytes: 32 * 1024 * 1024,
  timeout: 10 * SECOND,
};

/**
 * A commit that is smaller than the last one waits for more, at most this share of the time that the last one took:
 * the requests that were just answered are about to be followed by the next ones of the same devices. It gains most
 * where a commit costs round trips. Below a millisecond (SQLite) it is not worth a timer.
 */
const LINGER_SHARE = 0.5;
const SHORTEST_LINGER: Millis = 1;
const LONGEST_LINGER: Millis = 5;
/** The last commit says nothing about what is to come when it ended so many times its duration ago. */
const FORGOTTEN_AFTER = 4;

/** Four of the largest requests: clients that import in parallel are not refused, whatever the store's pace. */
const LEAST_QUEUE = 20_000;
/** The store's pace is what it was over about this time: a commit counts by what it took of it. */
const PACE_MEMORY: Millis = SECOND;

/** What one reading takes in memory beside its id: the object, its numbers, its share of the request. */
const READING_BYTES = 160;

interface Request {
  readonly readings: readonly Reading[];
  readonly atomic: boolean;
  readonly bytes: number;
  readonly deadline: number;
  resolve(outcomes: readonly CommitOutcome[]): void;
  reject(error: Error): void;
}

/**
 * Gathers the readings of concurrent requests into one commit of the writer behind it.
 *
 * The first request of an idle moment waits only until what has already arrived is read; while commits are in flight
 * the next one grows. A request is answered when the commit that holds it is durable, and not before. An atomic request
 * is a commit of its own. A failed commit fails the requests in it and no others.
 *
 * Rejects with `OverloadedError` when the queue is full (nothing of the request was kept) and with
 * `StoreUnavailableError` when the store failed or did not answer in time (it may have been kept).
 */
export class GroupCommitWriter implements TelemetryWriter {
  readonly #writer: TelemetryWriter;
  readonly #limits: GroupCommitLimits;
  readonly #waiting: Request[] = [];
  readonly #inFlight = new Set<readonly Request[]>();
  readonly #drained: (() => void)[] = [];
  #readings = 0;
  #bytes = 0;
  #flush: NodeJS.Immediate | undefined;
  #linger: NodeJS.Timeout | undefined;
  #waitingReadings = 0;
  #last = { readings: 0, duration: 0, end: 0 };
  #watch: NodeJS.Timeout | undefined;
  /** Readings a millisecond that the store takes when it is given many at once, if it ever was. */
  #pace: number | undefined;

  constructor(writer: TelemetryWriter, limits: Partial<GroupCommitLimits> = {}) {
    this.#writer = writer;
    this.#limits = { ...DEFAULT_GROUP_COMMIT_LIMITS, ...limits };
  }

  commit(readings: readonly Reading[], { atomic = false }: CommitOptions = {}): Promise<readonly CommitOutcome[]> {
    const bytes = estimatedBytes(readings);
    if (this.#isFull(readings.length, bytes)) {
      return Promise.reject(new OverloadedError(`${this.#readings} readings are waiting to be stored`));
    }
    this.#readings += readings.length;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#limits.timeout;
      this.#waiting.push({ readings, atomic, bytes, deadline, resolve, reject });
      this.#waitingReadings += readings.length;
      this.#watch ??= setInterval(() => this.#giveUpOverdue(), this.#limits.timeout / 10);
      this.#flush ??= setImmediate(() => this.#startCommits());
    });
  }

  /** Whether so many more readings would not be taken. */
  isFullFor(readings: number): boolean {
    return this.#isFull(readings, readings * READING_BYTES);
  }

  /** Resolves when every request accepted so far is answered. */
  async drain(): Promise<void> {
    if (this.#readings === 0 && this.#inFlight.size === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** A request that is larger than the whole queue is taken when nothing else is there: it could never be else. */
  #isFull(readings: number, bytes: number): boolean {
    if (this.#readings === 0) return false;
    return this.#readings + readings > this.#mostReadings() || this.#bytes + bytes > this.#limits.queueBytes;
  }

  #mostReadings(): number {
    const { queueReadings, longestWait } = this.#limits;
    return Math.min(queueReadings, Math.max(LEAST_QUEUE, (this.#pace ?? 0) * longestWait));
  }

  /** Small commits say nothing of it: they cost what a transaction costs, whatever is in it. */
  #learnPace(readings: number, duration: Millis): void {
    if (readings < this.#limits.groupReadings / 2) return;
    const pace = (readings * this.#limits.commitsInFlight) / duration;
    const weight = Math.min(1, duration / PACE_MEMORY);
    this.#pace = this.#pace === undefined ? pace : this.#pace + weight * (pace - this.#pace);
  }

  #startCommits(): void {
    this.#flush = undefined;
    while (this.#waiting.length > 0 && this.#inFlight.size < this.#limits.commitsInFlight) {
      if (this.#lingers()) return;
      void this.#commitGroup(this.#takeGroup());
    }
  }

  /** Whether to wait for more before the next commit begins. */
  #lingers(): boolean {
    const { readings, duration, end } = this.#last;
    const now = performance.now();
    const linger = Math.min(duration * LINGER_SHARE, LONGEST_LINGER);
    const oldest = (this.#waiting[0] as Request).deadline - this.#limits.timeout;
    const left = Math.max(oldest, end) + linger - now;
    const isForgotten = now - end > FORGOTTEN_AFTER * duration;
    if (linger < SHORTEST_LINGER || this.#waitingReadings >= readings || isForgotten || left <= 0) return false;
    this.#linger ??= setTimeout(() => {
      this.#linger = undefined;
      this.#startCommits();
    }, left);
    return true;
  }

  #takeGroup(): readonly Request[] {
    const most = this.#mostInGroup();
    let readings = 0;
    let count = 0;
    for (const request of this.#waiting) {
      if (count > 0 && (request.atomic || readings + request.readings.length > most)) break;
      readings += request.readings.length;
      count++;
      if (request.atomic) break;
    }
    this.#waitingReadings -= readings;
    return this.#waiting.splice(0, count);
  }

  /**
   * Commits begin and end in turns of the event loop. When those become long, with requests to refuse, a store would wait
   * for the next one most of the time; one that says so takes larger groups then.
   */
  #mostInGroup(): number {
    const { groupReadings, commitsInFlight } = this.#limits;
    return Math.max(
      groupReadings,
      Math.min(this.#waitingReadings / commitsInFlight, this.#writer.maxGroupWhenBusy ?? 0),
    );
  }

  async #commitGroup(group: readonly Request[]): Promise<void> {
    this.#inFlight.add(group);
    const begin = performance.now();
    let count = 0;
    try {
      const readings = group.length === 1 ? (group[0]?.readings ?? []) : group.flatMap((request) => request.readings);
      count = readings.length;
      const outcomes = await this.#writer.commit(readings, { atomic: group[0]?.atomic ?? false });
      let at = 0;
      for (const request of group) {
        request.resolve(group.length === 1 ? outcomes : outcomes.slice(at, at + request.readings.length));
        at += request.readings.length;
      }
    } catch (error) {
      const cause = error instanceof Error ? error : new StoreUnavailableError('the commit failed', { cause: error });
      for (const request of group) request.reject(cause);
    }
    this.#inFlight.delete(group);
    const end = performance.now();
    this.#last = { readings: count, duration: end - begin, end };
    this.#learnPace(count, end - begin);
    for (const request of group) this.#release(request);
    this.#startCommits();
  }

  #release({ readings, bytes }: Request): void {
    this.#readings -= readings.length;
    this.#bytes -= bytes;
    if (this.#inFlight.size > 0 || this.#waiting.length > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /**
   * A commit in flight keeps its place until the store settles it, so that a store that hangs is not given more and
   * more; only its requests stop waiting.
   */
  #giveUpOverdue(): void {
    const now = performance.now();
    const error = () => new StoreUnavailableError(`the store has not answered for ${this.#limits.timeout} ms`);
    for (const group of this.#inFlight) {
      for (const request of group) if (request.deadline <= now) request.reject(error());
    }
    while (this.#waiting[0] !== undefined && this.#waiting[0].deadline <= now) {
      const overdue = this.#waiting.shift() as Request;
      this.#waitingReadings -= overdue.readings.length;
      overdue.reject(error());
      this.#release(overdue);
    }
  }
}

function estimatedBytes(readings: readonly Reading[]): number {
  let bytes = 0;
  for (const { deviceId } of readings) bytes += READING_BYTES + deviceId.length;
  return bytes;
}
