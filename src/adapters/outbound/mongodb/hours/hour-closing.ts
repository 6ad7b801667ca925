import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Document, type MongoClient, ObjectId } from 'mongodb';
import { StoreUnavailableError } from '#application/errors';
import type { StreamHour } from '#application/ports/hour-rollups';
import { DAY, floorTo, HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
import { bucketRange } from '../fleet/fleet-queries.ts';
import { hourRange } from '../history/history-scan.ts';
import { fieldsOf } from '../history/reading-fields.ts';
import { isDuplicateKey, isTimeLimitReached } from '../server/driver-errors.ts';
import { mark } from '../server/marks.ts';
import { sumFields, sumReadings } from './device-sums.ts';
import { COUNTED_READINGS, closedHourId, countedReadings, dayRange, type HourCollections } from './hour-documents.ts';

/** An hour of 10,000 devices takes seconds. */
const SUMS_TIMEOUT: Millis = 100 * SECOND;
/** A claim is renewed as long as its process is alive. */
const CLAIM_DURATION: Millis = 10 * SECOND;
const CLAIM_RENEWAL_INTERVAL: Millis = 2 * SECOND;
/** How often to check whether another process has closed the hour. */
const POLL_INTERVAL: Millis = 100;
/** Outlasts the claim of a process that died, and the computation after it. */
const CLOSE_TIMEOUT: Millis = 3 * MINUTE;

/**
 * Computes the sums of hours, each time as a new generation of documents:
 *
 * 1. Claim the hour, so that no two processes do the same work. The claim names the generation.
 * 2. Count the readings of the hour: `n`.
 * 3. Sum them, inside the server, into documents of the generation. A reading that arrives meanwhile may be included.
 * 4. Publish the generation and `n` in one write, if the claim still holds and the hour is not before the horizon.
 * 5. Delete the documents of the previous generation.
 *
 * An hour's history only grows until the horizon passes it, so the sums include at least `n` readings; as long as the
 * hour has `n`, they include exactly those. Sums before the horizon are final: there is nothing left to compute them
 * from. A process that dies midway leaves a claim that expires and documents that nobody reads: the next process to claim
 * the hour has them deleted.
 */
export class HourClosing {
  readonly #client: MongoClient;
  readonly #collections: HourCollections;

  constructor(client: MongoClient, collections: HourCollections) {
    this.#client = client;
    this.#collections = collections;
  }

  /** Resolves when the hour's sums include all readings that it had when this was called, or are final. */
  async close(hour: StreamHour): Promise<void> {
    const wanted = await this.#readingsOf(hour);
    for (const begin = performance.now(); performance.now() - begin < CLOSE_TIMEOUT; await sleep(POLL_INTERVAL)) {
      const now = await this.#collections.closedHours.findOne({ _id: closedHourId(hour) });
      if (countedReadings(now) >= wanted) return;
      const generation = new ObjectId();
      if ((await this.#claim(hour, generation, wanted)) && (await this.#computeClaimed(hour, generation))) return;
    }
    throw new StoreUnavailableError('another process has claimed the hour and does not close it');
  }

  /** Deletes the documents of discarded generations. */
  async deleteDiscarded(hour: StreamHour): Promise<void> {
    const { closedHours } = this.#collections;
    const _id = closedHourId(hour);
    const { discarded = [] } = (await closedHours.findOne({ _id })) ?? {};
    if (discarded.length === 0) return;
    await this.#delete(hour, discarded);
    await closedHours.updateOne({ _id }, { $pullAll: { discarded: [...discarded] } });
    await closedHours.updateOne({ _id, discarded: { $size: 0 } }, { $unset: { discarded: 1 } });
  }

  /** Whether the sums were published, or are final; not if the claim was lost. */
  async #computeClaimed(hour: StreamHour, generation: ObjectId): Promise<boolean> {
    const renewal = setInterval(() => void this.#renew(hour, generation), CLAIM_RENEWAL_INTERVAL);
    // Within a session no read sees less than the one before, even from another shard or a new primary.
    const session = this.#client.startSession({ causalConsistency: true });
    try {
      const readings = await this.#readingsOf(hour, session);
      await this.#compute(hour, generation, session);
      // Read last: the horizon moves before anything is deleted, so the sums of an hour after it are complete.
      const isFinal = hour.hour < ((await mark(this.#collections.marks, 'horizon', session)) ?? -Infinity);
      if (isFinal) await this.#discard(hour, generation);
      const done = isFinal || (await this.#publish(hour, generation, readings));
      // The process that took the claim may have deleted this generation before all of it was written.
      if (!done) await this.#delete(hour, [generation]);
      await this.deleteDiscarded(hour);
      return done;
    } catch (error) {
      await this.#discard(hour, generation);
      throw error;
    } finally {
      clearInterval(renewal);
      await session.endSession();
    }
  }

  async #delete({ kind, hour }: StreamHour, generations: readonly ObjectId[]): Promise<void> {
    const { deviceHours } = this.#collections;
    await deviceHours.deleteMany({ ...dayRange(kind, hour), '_id.generation': { $in: generations } });
  }

  async #readingsOf({ kind, hour }: StreamHour, session?: ClientSession): Promise<number> {
    const [sum] = await this.#collections.fleet
      .aggregate<{ readings: number }>(
        [
          bucketRange('hour', { from: hour, to: hour + HOUR }),
          { $group: { _id: null, readings: { $sum: `$${kind}.readings` } } },
        ],
        { ...(session && { session }) },
      )
      .toArray();
    return sum?.readings ?? 0;
  }

  /**
   * Whether the hour is claimed now: not if another process holds a claim, or has closed the hour meanwhile. Claims
   * expire by the server's clock.
   */
  async #claim(hour: StreamHour, generation: ObjectId, wanted: number): Promise<boolean> {
    const isFree = { $or: [{ $eq: [{ $type: '$claim' }, 'missing'] }, { $lt: ['$claim.until', '$$NOW'] }] };
    const isWanted = { $lt: [COUNTED_READINGS, wanted] };
    const claimed = {
      discarded: discardedAnd('$claim.generation'),
      claim: { generation, until: { $add: ['$$NOW', CLAIM_DURATION] } },
    };
    try {
      const now = await this.#collections.closedHours.findOneAndUpdate(
        { _id: closedHourId(hour) },
        [
          { $replaceWith: { $cond: [{ $and: [isFree, isWanted] }, { $mergeObjects: ['$$ROOT', claimed] }, '$$ROOT'] } },
          WITHOUT_EMPTY,
        ],
        { upsert: true, returnDocument: 'after' },
      );
      return now?.claim?.generation.equals(generation) === true;
    } catch (error) {
      if (isDuplicateKey(error)) return false; // another process has just created the document
      throw error;
    }
  }

  async #compute({ kind, hour }: StreamHour, generation: ObjectId, session: ClientSession): Promise<void> {
    const { history, deviceHours } = this.#collections;
    const sums = Object.fromEntries(sumFields(kind).map((sum) => [sum, 1]));
    const _id = {
      stream: { $literal: kind },
      day: new Date(floorTo(DAY, hour)),
      device: '$_id',
      hour: new Date(hour),
      generation,
    };
    await history[kind]
      .aggregate(
        [
          { $match: hourRange({ from: hour, to: hour + HOUR }) },
          ...sumReadings(kind, `$_id.${fieldsOf[kind].id}`, { extremes: true, minutes: true }),
          { $project: { ...sums, _id } },
          { $merge: { into: deviceHours.collectionName, whenMatched: 'fail', whenNotMatched: 'insert' } },
        ],
        { maxTimeMS: SUMS_TIMEOUT, session },
      )
      .toArray()
      .catch((cause) => {
        // A fault of this hour, not of the store: later hours can be closed.
        if (!isTimeLimitReached(cause)) throw cause;
        const name = `${kind} hour ${new Date(hour).toISOString()}`;
        throw new Error(`the sums of the ${name} take longer than ${SUMS_TIMEOUT / SECOND} s`, { cause });
      });
  }

  /** A claim that cannot be renewed expires, and the sums computed under it are not published. */
  async #renew(hour: StreamHour, generation: ObjectId): Promise<void> {
    const own = { _id: closedHourId(hour), 'claim.generation': generation };
    const until = { $add: ['$$NOW', CLAIM_DURATION] };
    await this.#collections.closedHours.updateOne(own, [{ $set: { 'claim.until': until } }]).catch(() => {});
  }

  async #publish(hour: StreamHour, generation: ObjectId, readings: number): Promise<boolean> {
    const { matchedCount } = await this.#collections.closedHours.updateOne(
      { _id: closedHourId(hour), 'claim.generation': generation },
      [
        { $set: { discarded: discardedAnd('$generation'), generation, withMinutes: generation, readings } },
        { $unset: 'claim' },
        WITHOUT_EMPTY,
      ],
    );
    return matchedCount === 1;
  }

  /** Gives up the claim and discards its generation. If that fails as well, the claim expires. */
  async #discard(hour: StreamHour, generation: ObjectId): Promise<void> {
    await this.#collections.closedHours
      .updateOne({ _id: closedHourId(hour), 'claim.generation': generation }, [
        { $set: { discarded: discardedAnd('$claim.generation') } },
        { $unset: 'claim' },
      ])
      .catch(() => {});
  }
}

/** The discarded generations, plus the one in this field if there is one. */
function discardedAnd(generation: string): Document {
  const one = { $cond: [{ $eq: [{ $type: generation }, 'objectId'] }, [generation], []] };
  return { $concatArrays: [{ $ifNull: ['$discarded', []] }, one] };
}

/** Removes an empty list: the field's sparse index then finds only hours with something to delete. */
const WITHOUT_EMPTY = {
  $set: { discarded: { $cond: [{ $eq: ['$discarded', []] }, '$$REMOVE', '$discarded'] } },
};
