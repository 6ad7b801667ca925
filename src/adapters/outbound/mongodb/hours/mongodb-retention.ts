import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Filter, Long, type MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import type { Retention } from '#application/ports/retention';
import { type Kind, kinds } from '#domain/streams/streams';
import type { EpochMillis, Millis } from '#domain/time/time';
import type { FleetDocument } from '../fleet/fleet-document.ts';
import { bucketRange } from '../fleet/fleet-queries.ts';
import type { HistoryDocument, HistoryKey } from '../history/history-document.ts';
import { hourRange } from '../history/history-scan.ts';
import { fieldsOf } from '../history/reading-fields.ts';
import { END_OF_TIME } from '../server/dates.ts';
import { answered, answeredInTime } from '../server/driver-errors.ts';
import { insertAll } from '../server/insert-all.ts';
import { advance, mark } from '../server/marks.ts';
import { retriedTransaction } from '../server/retried-transaction.ts';
import { type DeviceSums, sumReadings } from './device-sums.ts';
import { forgetClosedHours } from './hour-closing.ts';
import type { HourCollections } from './hour-documents.ts';
import { unclosedHours } from './mongodb-rollups.ts';

/** Documents deleted in one transaction: takes some hundred milliseconds. */
const CHUNK_DOCUMENTS = 5_000;
/** Between chunks, so that ingestion gets its turn. */
const PAUSE: Millis = 20;

/**
 * Deletes old history in the order of its keys, which is that of time, except for the newest reading of each device: it
 * is the device's live state, and a later drop deletes it once the device has sent again.
 */
export class MongoDbRetention implements Retention {
  readonly #client: MongoClient;
  readonly #collections: HourCollections;
  readonly #logger: Logger | undefined;

  constructor(client: MongoClient, collections: HourCollections, logger: Logger | undefined) {
    this.#client = client;
    this.#collections = collections;
    this.#logger = logger;
  }

  async horizon(): Promise<EpochMillis | undefined> {
    return answeredInTime(mark(this.#collections.marks, 'horizon'));
  }

  /** The horizon moves first: from then on nobody reads what is before it, and it can be deleted in chunks. */
  async dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis> {
    return answered(this.#dropBefore(before, signal));
  }

  async moveBack(to: EpochMillis): Promise<void> {
    await answered(retriedTransaction(this.#client, this.#logger, (session) => this.#moveBack(to, session)));
  }

  async #dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis> {
    const unclosed = await Promise.all(kinds.map((kind) => unclosedHours(this.#collections, kind, before, 1)));
    const firstUnclosed = Math.min(...unclosed.flat().map(({ hour }) => hour));
    const horizon = await advance(this.#collections.marks, 'horizon', Math.min(before, firstUnclosed));
    for (const kind of kinds) {
      for (let last: HistoryKey | undefined = {}; last !== undefined && !signal?.aborted; ) {
        const after: HistoryKey = last;
        last = await retriedTransaction(this.#client, this.#logger, (session) =>
          this.#deleteChunk(kind, after, horizon, session),
        );
        if (last !== undefined) await sleep(PAUSE);
      }
    }
    return horizon;
  }

  /**
   * Counts all sums from `to` on again, because some may include documents that have been deleted. A commit that adds to
   * them meanwhile is in conflict with this transaction, or adds documents that it does not see.
   */
  async #moveBack(to: EpochMillis, session: ClientSession): Promise<void> {
    const { marks, history, fleet } = this.#collections;
    if (((await mark(marks, 'horizon', session)) ?? -Infinity) <= to) return;
    await marks.updateOne({ _id: 'horizon' }, { $set: { time: new Date(to) } }, { session });
    for (const bucket of ['minute', 'hour'] as const) {
      await fleet.deleteMany(bucketRange(bucket, { from: to, to: END_OF_TIME }).$match, { session });
    }
    for (const kind of kinds) {
      await forgetClosedHours(this.#collections, kind, to, session);
      for (const bucket of ['minute', 'hour'] as const) {
        const start = { $dateTrunc: { date: '$_id.timestamp', unit: bucket } };
        const left = await history[kind]
          .aggregate<DeviceSums>(
            [
              { $match: hourRange({ from: to, to: END_OF_TIME }) },
              ...sumReadings(kind, start, { extremes: false, minutes: false }),
            ],
            { session },
          )
          .toArray();
        const sums = left.map(({ _id, energy, readings }) => ({
          _id: { [bucket]: _id, lane: `${kind}-recounted` } as FleetDocument['_id'],
          [kind]: { energy: Long.fromNumber(energy), readings: Long.fromNumber(readings) },
        }));
        await insertAll(fleet, sums as never, session);
      }
    }
  }

  /**
   * Deletes the oldest documents between a key and the horizon. Resolves with the last key examined if there may be more,
   * to continue after it: deleted documents slow a scan down for minutes, and one from the very beginning would pass more
   * and more of them.
   *
   * The reads and the deletion see the same snapshot. A reading committed after it stays, whether it is its device's
   * newest or not.
   */
  async #deleteChunk(
    kind: Kind,
    after: HistoryKey,
    horizon: EpochMillis,
    session: ClientSession,
  ): Promise<HistoryKey | undefined> {
    const history = this.#collections.history[kind];
    const old = { _id: { $gt: after, $lt: { hour: new Date(horizon) } } } as Filter<HistoryDocument>;
    const documents = await history
      .find(old, {
        session,
        sort: { _id: 1 },
        limit: CHUNK_DOCUMENTS,
        projection: { _id: 1 },
        batchSize: CHUNK_DOCUMENTS + 1,
      })
      .toArray();
    const keys = documents.map(({ _id }) => _id);
    const last = keys.at(-1);
    if (last === undefined) return undefined;
    const kept = await this.#liveAmong(kind, keys, session);
    const chunk = { _id: { $gt: after, $lte: last, $nin: kept } } as Filter<HistoryDocument>;
    await history.deleteMany(chunk, { session });
    return keys.length < CHUNK_DOCUMENTS ? undefined : last;
  }

  /** Those of the sorted keys that are their devices' newest. A device's last key counts as such: its hour may go on. */
  async #liveAmong(kind: Kind, keys: readonly HistoryKey[], session: ClientSession): Promise<readonly HistoryKey[]> {
    const { id } = fieldsOf[kind];
    const lastOfHour = new Map<string, HistoryKey>();
    for (const key of keys) lastOfHour.set(key[id] as string, key); // later hours come later
    const devices = await this.#collections.devices[kind]
      .find({ _id: { $in: [...lastOfHour.keys()] } }, { session, batchSize: lastOfHour.size + 1 })
      .toArray();
    return devices.flatMap(({ _id, hour }) => {
      const key = lastOfHour.get(_id);
      return key !== undefined && (key.hour as Date).getTime() === hour.getTime() ? [key] : [];
    });
  }
}
