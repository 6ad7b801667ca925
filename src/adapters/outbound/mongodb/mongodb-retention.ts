import { setTimeout as sleep } from 'node:timers/promises';
import type { Retention } from '#application/ports/retention';
import { type Kind, kinds } from '#domain/streams';
import type { EpochMillis, Millis } from '#domain/time';
import type { Collections } from './collections.ts';
import { answered, answeredInTime } from './driver-errors.ts';
import type { HistoryKey } from './history-document.ts';
import { advance, mark } from './marks.ts';
import { unclosedHours } from './mongodb-rollups.ts';

/** Documents deleted in one statement: some hundred milliseconds. */
const PIECE = 10_000;
/** Between pieces, so that ingestion has its turn. */
const PAUSE: Millis = 20;

/** Lets old history go in the order of its keys, which is that of time. */
export class MongoDbRetention implements Retention {
  readonly #collections: Collections;

  constructor(collections: Collections) {
    this.#collections = collections;
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
      for (let next: HistoryKey | undefined = {}; next !== undefined && !signal?.aborted; ) {
        next = await this.#deletePiece(kind, next, horizon);
        if (next !== undefined) await sleep(PAUSE);
      }
    }
    return horizon;
  }

  /**
   * Deletes the oldest documents before the horizon. Resolves with the key to go on at, if there may be more: what is
   * deleted lies in the way of a scan for minutes, and a scan from the very beginning would pass ever more of it.
   */
  async #deletePiece(kind: Kind, begin: HistoryKey, horizon: EpochMillis): Promise<HistoryKey | undefined> {
    const history = this.#collections.history[kind];
    const within = (end: unknown) => ({ _id: { $gte: begin, $lt: end } }) as never;
    const old = within({ hour: new Date(horizon) });
    const [next] = await history
      .find(old, { sort: { _id: 1 }, skip: PIECE, limit: 1, projection: { _id: 1 } })
      .toArray();
    await history.deleteMany(next === undefined ? old : within(next._id));
    return next?._id;
  }
}
