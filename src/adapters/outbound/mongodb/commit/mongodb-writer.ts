import { randomBytes } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import pTimeout from 'p-timeout';
import type { Logger } from '#application/ports/logger';
import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import { type CommitOutcome, withheldOutcomes } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { type Millis, SECOND } from '#domain/time/time';
import type { DeviceProgress } from '../live/device-progress.ts';
import type { LiveProjection } from '../live/live-projection.ts';
import { ConflictPause } from '../server/conflict-pause.ts';
import { answeredInTime, isDuplicateKey, isTransient } from '../server/driver-errors.ts';
import { inTransaction } from '../server/durable-transaction.ts';
import { CommitBatch, NOTHING_KNOWN } from './commit-batch.ts';
import { CommitHealth } from './commit-health.ts';
import { findKnown } from './known-readings.ts';
import { type CommitCollections, writeReadings } from './write-readings.ts';

/** No attempt starts later than this after `commit` was called, and no caller waits longer. */
const COMMIT_TIMEOUT: Millis = 8 * SECOND;
/** Commits that may hang, each on a connection of its own, while others go on. */
const MAX_OVERTAKEN = 8;
/**
 * After a commit with duplicates, this many commits look their readings up first: devices that send again come in waves,
 * and a lookup costs less than a failed transaction. Without duplicates the insert itself is the check, at no cost.
 */
const CAUTIOUS_COMMITS = 20;

/** Commits readings, one transaction per call. Any number may be in flight, from any number of processes. */
export class MongoDbWriter implements TelemetryWriter {
  readonly #client: MongoClient;
  readonly #collections: CommitCollections;
  readonly #progress: DeviceProgress;
  readonly #live: LiveProjection | undefined;
  readonly #logger: Logger | undefined;
  readonly #name = randomBytes(6).toString('hex');
  readonly #freeLanes: string[] = [];
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #health = new CommitHealth();
  readonly maxOvertaken = MAX_OVERTAKEN;
  #lanes = 0;
  #cautious = 0;

  constructor(
    client: MongoClient,
    collections: CommitCollections,
    progress: DeviceProgress,
    live: LiveProjection | undefined,
    logger: Logger | undefined,
  ) {
    this.#client = client;
    this.#collections = collections;
    this.#progress = progress;
    this.#live = live;
    this.#logger = logger;
  }

  async commit(
    readings: readonly Reading[],
    { atomic = false }: CommitOptions = {},
  ): Promise<readonly CommitOutcome[]> {
    if (readings.length === 0) return [];
    const deadline = performance.now() + COMMIT_TIMEOUT;
    const outcomes = this.#onLane((lane) => this.#store(readings, atomic, lane, deadline));
    this.#inFlight.add(outcomes);
    const settled = () => this.#inFlight.delete(outcomes);
    outcomes.then(settled, settled);
    return this.#health.watch(answeredInTime(outcomes, COMMIT_TIMEOUT));
  }

  /** Rejects while commits hang, or after one failed until `write` succeeds. */
  checkCommits(write: () => Promise<unknown>): Promise<void> {
    return this.#health.check(write);
  }

  /** Resolves when no commit is in flight, or when those that are have passed their deadline. */
  async settled(): Promise<void> {
    await pTimeout(Promise.allSettled(this.#inFlight), { milliseconds: COMMIT_TIMEOUT, message: false });
  }

  /**
   * Only one commit at a time writes a lane's documents in the fleet totals. After a fault the lane is not used again,
   * because its transaction may still be open on the server.
   */
  async #onLane<T>(work: (lane: string) => Promise<T>): Promise<T> {
    const lane = this.#freeLanes.pop() ?? `${this.#name}-${this.#lanes++}`;
    const result = await work(lane);
    this.#freeLanes.push(lane);
    return result;
  }

  async #store(
    readings: readonly Reading[],
    atomic: boolean,
    lane: string,
    deadline: number,
  ): Promise<readonly CommitOutcome[]> {
    const batch = new CommitBatch(readings);
    const pause = new ConflictPause(this.#client, this.#logger);
    // An atomic batch that conflicts with itself is not written, so no insert would find out what is stored.
    const lookFirst = this.#cautious > 0 || (atomic && batch.outcomes(NOTHING_KNOWN).some(isConflict));
    const suspects = () => readings.filter((reading) => this.#progress.mayBeStored(reading));
    let known = lookFirst ? await findKnown(this.#collections.history, suspects()) : NOTHING_KNOWN;
    for (let thorough = false; ; ) {
      const outcomes = batch.outcomes(known);
      const unknown = batch.unknown(known);
      const withheld = atomic && outcomes.some(isConflict);
      const failure = withheld || unknown.length === 0 ? undefined : await this.#attempt(unknown, lane, deadline);
      if (failure === undefined) {
        this.#cautious = known.size > 0 ? CAUTIOUS_COMMITS : Math.max(0, this.#cautious - 1);
        // Not noted yet if the commit that stored them seemed to fail.
        if (known.size > 0) this.#live?.note([...known.values()]);
        return withheld ? withheldOutcomes(readings, outcomes) : outcomes;
      }
      if (performance.now() > deadline) throw failure.error;
      const before = known.size;
      if (isDuplicateKey(failure.error)) {
        known = await findKnown(this.#collections.history, thorough ? readings : suspects());
        thorough = true; // next time: another process may have stored what looks new to this one
      }
      // A duplicate that is not found was written by a transaction that the majority has not confirmed yet.
      if (known.size === before) await pause.wait();
    }
  }

  /** Resolves with `undefined` when the readings are stored, and with the error when another attempt may succeed. */
  async #attempt(
    readings: readonly Reading[],
    lane: string,
    deadline: number,
  ): Promise<{ error: unknown } | undefined> {
    try {
      await inTransaction(this.#client, deadline, (session) => {
        return writeReadings(this.#collections, readings, this.#progress, lane, session);
      });
      this.#progress.advance(readings);
      this.#live?.note(readings);
      return undefined;
    } catch (error) {
      if (isDuplicateKey(error) || isTransient(error)) return { error };
      throw error;
    }
  }
}

function isConflict({ status }: CommitOutcome): boolean {
  return status === 'conflict';
}
