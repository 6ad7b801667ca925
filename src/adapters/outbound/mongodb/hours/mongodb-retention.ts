import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Filter, MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import type { Retention } from '#application/ports/retention';
import { type Kind, kinds } from '#domain/streams/streams';
import type { EpochMillis, Millis } from '#domain/time/time';
import type { HistoryDocument, HistoryKey } from '../history/history-document.ts';
import { fieldsOf } from '../history/reading-fields.ts';
import { answered, answeredInTime } from '../server/driver-errors.ts';
import { advance, mark } from '../server/marks.ts';
import { retriedTransaction } from '../server/retried-transaction.ts';
import type { HourCollections } from './hour-documents.ts';
import { unclosedHours } from './mongodb-rollups.ts';

/** Documents deleted in one transaction: some hundred milliseconds. */
const PIECE = 5_000;
/** Between pieces, so that ingestion has its turn. */
const PAUSE: Millis = 20;

/**
 * Lets old history go in the order of its keys, which is that of time, but for the newest reading of each device: that
 * is its live state, and goes with a later drop when the device was heard of again.
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

  /** The horizon moves first: from then on nobody reads what lies before it, and it can go piece by piece. */
  async dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis> {
    return answered(this.#dropBefore(before, signal));
  }

  async #dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis> {
    const unclosed = await Promise.all(kinds.map((kind) => unclosedHours(this.#collections, kind, before, 1)));
    const firstUnclosed = Math.min(...unclosed.flat().map(({ hour }) => hour));
    const horizon = await advance(this.#collections.marks, 'horizon', Math.min(before, firstUnclosed));
    for (const kind of kinds) {
      for (let last: HistoryKey | undefined = {}; last !== undefined && !signal?.aborted; ) {
        const after: HistoryKey = last;
        last = await retriedTransaction(this.#client, this.#logger, (session) =>
          this.#deletePiece(kind, after, horizon, session),
        );
        if (last !== undefined) await sleep(PAUSE);
      }
    }
    return horizon;
  }

  /**
   * Deletes the oldest documents before the horizon, after the key given. Resolves with the last key looked at, if there
   * may be more: what is deleted lies in the way of a scan for minutes, and a scan from the very beginning would pass
   * ever more of it.
   *
   * Both reads and the deletion see one moment. What is committed after it stays, the newest of its device or not.
   */
  async #deletePiece(
    kind: Kind,
    after: HistoryKey,
    horizon: EpochMillis,
    session: ClientSession,
  ): Promise<HistoryKey | undefined> {
    const history = this.#collections.history[kind];
    const old = { _id: { $gt: after, $lt: { hour: new Date(horizon) } } } as Filter<HistoryDocument>;
    const documents = await history
      .find(old, { session, sort: { _id: 1 }, limit: PIECE, projection: { _id: 1 }, batchSize: PIECE + 1 })
      .toArray();
    const keys = documents.map(({ _id }) => _id);
    const last = keys.at(-1);
    if (last === undefined) return undefined;
    const kept = await this.#liveAmong(kind, keys, session);
    const piece = { _id: { $gt: after, $lte: last, $nin: kept } } as Filter<HistoryDocument>;
    await history.deleteMany(piece, { session });
    return keys.length < PIECE ? undefined : last;
  }

  /** Of keys in their order, those that are their devices' newest. The last one counts as such: its hour may go on. */
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
