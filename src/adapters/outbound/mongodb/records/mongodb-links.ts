import type { ClientSession, Document, Filter, MongoClient } from 'mongodb';
import type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
import type { Logger } from '#application/ports/logger';
import { LinkTimeline } from '#domain/link-timeline';
import { linkIdRange, type MeterLink, sameLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { toDate } from '../server/dates.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import { retriedTransaction } from '../server/retried-transaction.ts';
import { fromLinkDocument, type LinkCollections, type LinkDocument, toLinkDocument } from './link-document.ts';

/** Takes some tens of milliseconds, during which the links of these meters are locked. */
const LINKS_PER_TRANSACTION = 250;
/** Links decoded at a time: takes some milliseconds, after which the main thread does other work. */
const LINKS_PER_BATCH = 1_000;

/**
 * Links in MongoDB. A transaction that may add to a meter's links updates the meter's guard first: of two such
 * transactions, one is retried after the other and sees what it wrote.
 */
export class MongoDbLinks implements LinkRepository {
  readonly #client: MongoClient;
  readonly #collections: LinkCollections;
  readonly #logger: Logger | undefined;

  constructor(client: MongoClient, collections: LinkCollections, logger: Logger | undefined) {
    this.#client = client;
    this.#collections = collections;
    this.#logger = logger;
  }

  async add(links: readonly MeterLink[]): Promise<readonly LinkOutcome[]> {
    const outcomes: LinkOutcome[] = [];
    for (let at = 0; at < links.length; at += LINKS_PER_TRANSACTION) {
      const part = links.slice(at, at + LINKS_PER_TRANSACTION);
      outcomes.push(...(await this.#transact((session) => this.#addPart(part, session))));
    }
    return outcomes;
  }

  async find(id: string): Promise<MeterLink | undefined> {
    const document = await answeredInTime(this.#collections.links.findOne({ _id: id }));
    return document ? fromLinkDocument(document) : undefined;
  }

  async list({ meterId, vehicleId, at, after, limit }: LinkQuery): Promise<readonly MeterLink[]> {
    const ids = meterId === undefined ? undefined : linkIdRange(meterId);
    const filter: Filter<LinkDocument> = {
      ...(vehicleId === undefined ? {} : { vehicleId }),
      ...(at === undefined ? {} : { from: { $lte: toDate(at) }, ...endsAfter(at) }),
      _id: { $gt: after ?? '', ...(ids && { $gte: ids.first, $lt: ids.end }) },
    };
    const documents = await answeredInTime(this.#collections.links.find(filter, { sort: { _id: 1 }, limit }).toArray());
    return documents.map(fromLinkDocument);
  }

  async end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined> {
    const known = await this.find(id);
    if (known === undefined) return undefined;
    return this.#transact(async (session) => {
      await this.#lock([known.meterId], session);
      const { links } = this.#collections;
      const found = await links.findOne({ _id: id }, { session });
      if (found === null) return undefined;
      const link = fromLinkDocument(found);
      if (link.to === to) return { status: 'duplicate' };
      const ended = { ...link, to };
      const next = { meterId: link.meterId, from: { $gt: toDate(link.from), $lt: toDate(to ?? Infinity) } };
      const other = await links.findOne(next, { session, sort: { from: 1 } });
      if (other !== null) return { status: 'overlap', with: fromLinkDocument(other) };
      await links.replaceOne({ _id: id }, toLinkDocument(ended), { session });
      return { status: 'stored' };
    });
  }

  async remove(id: string): Promise<boolean> {
    const { deletedCount } = await answeredInTime(this.#collections.links.deleteOne({ _id: id }));
    return deletedCount === 1;
  }

  async during({ from, to }: TimeWindow, vehicleId?: string): Promise<readonly MeterLink[]> {
    const filter: Filter<LinkDocument> = {
      ...(vehicleId === undefined ? {} : { vehicleId }),
      from: { $lt: toDate(to) },
      ...endsAfter(from),
    };
    const order = { vehicleId: 1, from: 1, meterId: 1 } as const;
    const found = this.#collections.links.find(filter, { sort: order, batchSize: LINKS_PER_BATCH });
    return answeredInTime(found.map(fromLinkDocument).toArray());
  }

  #transact<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    return answeredInTime(retriedTransaction(this.#client, this.#logger, work));
  }

  async #addPart(links: readonly MeterLink[], session: ClientSession): Promise<LinkOutcome[]> {
    const timelines = new Map(links.map(({ meterId }) => [meterId, new LinkTimeline()]));
    const timelineOf = ({ meterId }: MeterLink) => timelines.get(meterId) as LinkTimeline;
    await this.#lock([...timelines.keys()], session);
    for (const neighbour of await this.#neighboursOf(links, session)) timelineOf(neighbour).put(neighbour);
    const added: MeterLink[] = [];
    const outcomes = links.map((link): LinkOutcome => {
      const timeline = timelineOf(link);
      const known = timeline.startingAt(link.from);
      if (known !== undefined && sameLink(known, link)) return { status: 'duplicate' };
      const other = known ?? timeline.overlapping(link);
      if (other !== undefined) return { status: 'overlap', with: other };
      timeline.put(link);
      added.push(link);
      return { status: 'stored' };
    });
    if (added.length > 0) await this.#collections.links.insertMany(added.map(toLinkDocument), { session });
    return outcomes;
  }

  /** Keeps other transactions from adding to the links of these meters until this one ends. */
  async #lock(meterIds: readonly string[], session: ClientSession): Promise<void> {
    await this.#collections.meterGuards.bulkWrite(
      meterIds.map((_id) => ({ updateOne: { filter: { _id }, update: { $inc: { touched: 1 } }, upsert: true } })),
      { session, ordered: false },
    );
  }

  /** The stored links that these could overlap: of each meter the one before, or the same, and the one after. */
  async #neighboursOf(links: readonly MeterLink[], session: ClientSession): Promise<readonly MeterLink[]> {
    const intervals = links.map(({ meterId, from, to }) => ({
      meterId,
      from: toDate(from),
      to: toDate(to ?? Infinity),
    }));
    const { db, collectionName } = this.#collections.links;
    const found = await db
      .aggregate<{ neighbours: LinkDocument[] }>(
        [
          { $documents: intervals },
          neighbour(collectionName, 'before', { $lte: ['$from', '$$from'] }, -1),
          neighbour(collectionName, 'after', { $and: [{ $gt: ['$from', '$$from'] }, { $lt: ['$from', '$$to'] }] }, 1),
          { $project: { _id: 0, neighbours: { $concatArrays: ['$before', '$after'] } } },
        ],
        { session, batchSize: links.length + 1 },
      )
      .toArray();
    return found.flatMap(({ neighbours }) => neighbours.map(fromLinkDocument));
  }
}

/** Looks up one link of the interval's meter, the first that matches in this order: one seek in the index. */
function neighbour(from: string, as: string, matches: Document, order: 1 | -1): Document {
  const ofMeter = { $eq: ['$meterId', '$$meterId'] };
  return {
    $lookup: {
      from,
      let: { meterId: '$meterId', from: '$from', to: '$to' },
      pipeline: [{ $match: { $expr: { $and: [ofMeter, matches] } } }, { $sort: { from: order } }, { $limit: 1 }],
      as,
    },
  };
}

function endsAfter(time: EpochMillis): Filter<LinkDocument> {
  return { $or: [{ to: null }, { to: { $gt: toDate(time) } }] };
}
