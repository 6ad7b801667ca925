import { OverloadedError, StoreDamagedError, StoreUnavailableError } from '#application/errors';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { type Millis, SECOND } from '#domain/time/time';
import { CommitMeasures } from './commit-measures.ts';
import { learnPace, lingerTime, maxGroup, maxQueue, NO_COMMIT, type PacingLimits } from './commit-pacing.ts';
import { answer, estimatedBytes, READING_BYTES, type Request, readingsOf, refuse } from './commit-request.ts';

export interface GroupCommitLimits extends PacingLimits {
  /** Max memory of the queued readings, estimated from `READING_BYTES` and the length of their ids. */
  readonly queueBytes: number;
  /** A request that the store has not answered for this long is rejected; devices send it again. */
  readonly timeout: Millis;
  /** A commit that takes longer than this may be overtaken, if the store allows it. Usual ones take milliseconds. */
  readonly overtakeAfter: Millis;
}

export const DEFAULT_GROUP_COMMIT_LIMITS: GroupCommitLimits = {
  groupReadings: 1_000,
  commitsInFlight: 2,
  queueReadings: 50_000,
  maxWait: 300,
  queueBytes: 32 * 1024 * 1024,
  timeout: 9.5 * SECOND, // clients are promised 10 s, which include reading their request and writing the answer
  overtakeAfter: SECOND / 2,
};

interface Commit {
  /** Oldest first. */
  readonly requests: readonly Request[];
  /** By `performance.now()`, as all times here. */
  readonly begin: Millis;
}

/**
 * A bounded queue in front of a writer that commits the readings of concurrent requests together.
 *
 * On an idle store the first request waits only until the input that has already arrived is read; while commits are in
 * flight, the next group grows. A request is answered once the commit that holds it is durable, never earlier. An atomic
 * request is a commit of its own. A failed commit fails the requests in it and no others; where the store is damaged,
 * only those that need the damaged data.
 *
 * Rejects with `OverloadedError` when the queue is full (nothing of the request was kept) and with
 * `StoreUnavailableError` when the store failed or did not answer in time (it may have been kept).
 */
export class GroupCommitWriter implements TelemetryWriter, IngestCapacity {
  readonly #writer: TelemetryWriter;
  readonly #limits: GroupCommitLimits;
  readonly #waiting: Request[] = [];
  readonly #inFlight = new Set<Commit>(); // oldest first
  readonly #drained: (() => void)[] = [];
  /** Of all unanswered requests, waiting or in flight. */
  #readings = 0;
  #bytes = 0;
  #waitingReadings = 0;
  #flush: NodeJS.Immediate | undefined;
  #linger: NodeJS.Timeout | undefined;
  #alarm: { readonly at: Millis; readonly timer: NodeJS.Timeout } | undefined;
  #last = NO_COMMIT;
  readonly measures = new CommitMeasures();
  /** Readings per millisecond that the store takes from large commits, once it has seen one. */
  #pace: number | undefined;

  constructor(writer: TelemetryWriter, limits: Partial<GroupCommitLimits> = {}) {
    this.#writer = writer;
    this.#limits = { ...DEFAULT_GROUP_COMMIT_LIMITS, ...limits };
  }

  commit(readings: readonly Reading[], { atomic = false }: CommitOptions = {}): Promise<readonly CommitOutcome[]> {
    const bytes = estimatedBytes(readings);
    if (this.#isFull(readings.length, bytes)) {
      this.measures.refusedRequests++;
      return Promise.reject(new OverloadedError(`${this.#readings} readings are waiting to be stored`));
    }
    this.#readings += readings.length;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#limits.timeout;
      this.#waiting.push({ readings, atomic, bytes, deadline, resolve, reject });
      this.#waitingReadings += readings.length;
      this.#setAlarm(deadline);
      this.#flush ??= setImmediate(() => this.#startCommits());
    });
  }

  /** Readings that are accepted and not yet answered. */
  get queuedReadings(): number {
    return this.#readings;
  }

  /** How many may be queued now; fewer while the store is slow. */
  get maxQueuedReadings(): number {
    return maxQueue(this.#limits, this.#pace);
  }

  hasRoomFor(readings: number): boolean {
    return !this.#isFull(readings, readings * READING_BYTES);
  }

  /** Resolves when every request accepted so far is answered. */
  async drain(): Promise<void> {
    if (this.#readings === 0 && this.#inFlight.size === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** A request larger than the whole queue is accepted when the queue is empty: otherwise it never could be. */
  #isFull(readings: number, bytes: number): boolean {
    if (this.#readings === 0) return false;
    return (
      this.#readings + readings > maxQueue(this.#limits, this.#pace) || this.#bytes + bytes > this.#limits.queueBytes
    );
  }

  #startCommits(): void {
    this.#flush = undefined;
    while (this.#waiting.length > 0 && this.#hasPlace()) {
      if (this.#lingers()) return;
      void this.#commitGroup(this.#takeGroup());
    }
  }

  #hasPlace(): boolean {
    const { overtakeAfter, commitsInFlight } = this.#limits;
    const before = performance.now() - overtakeAfter;
    const slow = [...this.#inFlight].filter(({ begin }) => begin <= before).length;
    return this.#inFlight.size - Math.min(slow, this.#writer.maxOvertaken ?? 0) < commitsInFlight;
  }

  /** Whether the next commit waits for more readings; a timer then starts it. */
  #lingers(): boolean {
    const since = (this.#waiting[0] as Request).deadline - this.#limits.timeout;
    const time = lingerTime(this.#last, { readings: this.#waitingReadings, since }, performance.now());
    if (time === 0) return false;
    this.#linger ??= setTimeout(() => {
      this.#linger = undefined;
      this.#startCommits();
    }, time);
    return true;
  }

  #takeGroup(): readonly Request[] {
    const max = maxGroup(this.#limits, this.#waitingReadings, this.#writer.maxGroupWhenBusy);
    let readings = 0;
    let count = 0;
    for (const request of this.#waiting) {
      if (count > 0 && (request.atomic || readings + request.readings.length > max)) break;
      readings += request.readings.length;
      count++;
      if (request.atomic) break;
    }
    this.#waitingReadings -= readings;
    return this.#waiting.splice(0, count);
  }

  async #commitGroup(group: readonly Request[]): Promise<void> {
    const begin = performance.now();
    const commit: Commit = { requests: group, begin };
    this.#inFlight.add(commit);
    if (this.#writer.maxOvertaken) this.#setAlarm(begin + this.#limits.overtakeAfter);
    let count = 0;
    try {
      const readings = readingsOf(group);
      count = readings.length;
      answer(group, await this.#writer.commit(readings, { atomic: group[0]?.atomic ?? false }));
    } catch (error) {
      this.measures.failed++;
      if (group.length > 1 && error instanceof StoreDamagedError) await this.#commitHalves(group);
      else refuse(group, error);
    }
    this.#inFlight.delete(commit);
    const end = performance.now();
    this.#last = { readings: count, duration: end - begin, end };
    this.measures.readings.observe(count);
    this.measures.seconds.observe((end - begin) / SECOND);
    this.#pace = learnPace(this.#limits, this.#pace, this.#last);
    for (const request of group) this.#release(request);
    this.#startCommits();
  }

  /** Some of the requests need damaged data: halves the group until only those fail. */
  async #commitHalves(group: readonly Request[]): Promise<void> {
    const middle = Math.ceil(group.length / 2);
    for (const half of [group.slice(0, middle), group.slice(middle)]) {
      try {
        answer(half, await this.#writer.commit(readingsOf(half)));
      } catch (error) {
        if (half.length > 1 && error instanceof StoreDamagedError) await this.#commitHalves(half);
        else refuse(half, error);
      }
    }
  }

  #release({ readings, bytes }: Request): void {
    this.#readings -= readings.length;
    this.#bytes -= bytes;
    if (this.#inFlight.size > 0 || this.#waiting.length > 0) return;
    clearTimeout(this.#alarm?.timer);
    this.#alarm = undefined;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** One timer for whatever is due first. What has been settled by then only costs the next look. */
  #setAlarm(at: Millis): void {
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    clearTimeout(this.#alarm?.timer);
    const timer = setTimeout(() => this.#onAlarm(), Math.max(1, Math.ceil(at - performance.now())));
    this.#alarm = { at, timer };
  }

  #onAlarm(): void {
    this.#alarm = undefined;
    const now = performance.now(); // before looking: what falls due meanwhile needs an alarm of its own
    this.#rejectOverdue();
    this.#startCommits();
    const [oldest] = this.#waiting;
    const due = oldest === undefined ? [] : [oldest.deadline];
    for (const { requests, begin } of this.#inFlight) {
      if (this.#writer.maxOvertaken) due.push(begin + this.#limits.overtakeAfter);
      due.push(requests.find(({ deadline }) => deadline > now)?.deadline ?? now);
    }
    const next = Math.min(...due.filter((at) => at > now));
    if (next < Infinity) this.#setAlarm(next);
  }

  /**
   * An overdue commit keeps its place in flight until the store settles it, so that a hanging store is not given more
   * and more work; only its requests stop waiting.
   */
  #rejectOverdue(): void {
    const now = performance.now();
    const error = () => new StoreUnavailableError(`the store has not answered for ${this.#limits.timeout} ms`);
    for (const { requests } of this.#inFlight) {
      for (const request of requests) if (request.deadline <= now) request.reject(error());
    }
    while (this.#waiting[0] !== undefined && this.#waiting[0].deadline <= now) {
      const overdue = this.#waiting.shift() as Request;
      this.#waitingReadings -= overdue.readings.length;
      overdue.reject(error());
      this.#release(overdue);
    }
  }
}
