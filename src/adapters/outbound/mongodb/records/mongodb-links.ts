import type { ClientSession, Filter, MongoClient } from 'mongodb';
import type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
import type { Logger } from '#application/ports/logger';
import { type MeterLink, overlaps, sameLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { toDate } from '../server/dates.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import { retriedTransaction } from '../server/retried-transaction.ts';
import { fromLinkDocument, type LinkCollections, type LinkDocument, toLinkDocument } from './link-document.ts';

/** Takes some tens of milliseconds, during which the links of these meters are locked. */
const LINKS_PER_TRANSACTION = 500;
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
    const filter: Filter<LinkDocument> = {
      ...(meterId === undefined ? {} : { meterId }),
      ...(vehicleId === undefined ? {} : { vehicleId }),
      ...(at === undefined ? {} : { from: { $lte: toDate(at) }, ...endsAfter(at) }),
      ...(after === undefined ? {} : { _id: { $gt: after } }),
    };
    const documents = await answeredInTime(this.#collections.links.find(filter, { sort: { _id: 1 }, limit }).toArray());
    return documents.map(fromLinkDocument);
  }

  async end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined> {
    const known = await this.find(id);
    if (known === undefined) return undefined;
    return this.#transact(async (session) => {
      const links = await this.#linksOf([known.meterId], session);
      const link = links.find((one) => one.id === id);
      if (link === undefined) return undefined;
      if (link.to === to) return { status: 'duplicate' };
      const ended = { ...link, to };
      const other = links.find((one) => one.id !== id && overlaps(one, ended));
      if (other !== undefined) return { status: 'overlap', with: other };
      await this.#collections.links.replaceOne({ _id: id }, toLinkDocument(ended), { session });
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
    const meterIds = [...new Set(links.map(({ meterId }) => meterId))];
    const known = new Map(meterIds.map((meterId): [string, MeterLink[]] => [meterId, []]));
    for (const link of await this.#linksOf(meterIds, session)) known.get(link.meterId)?.push(link);
    const added: MeterLink[] = [];
    const outcomes = links.map((link): LinkOutcome => {
      const ofMeter = known.get(link.meterId) as MeterLink[];
      const same = ofMeter.find(({ id }) => id === link.id);
      if (same !== undefined && sameLink(same, link)) return { status: 'duplicate' };
      const other = same ?? ofMeter.find((one) => overlaps(one, link));
      if (other !== undefined) return { status: 'overlap', with: other };
      ofMeter.push(link);
      added.push(link);
      return { status: 'stored' };
    });
    if (added.length > 0) await this.#collections.links.insertMany(added.map(toLinkDocument), { session });
    return outcomes;
  }

  /** The links of these meters, ordered by time. No other transaction can add to them until this one ends. */
  async #linksOf(meterIds: readonly string[], session: ClientSession): Promise<readonly MeterLink[]> {
    const { links, meterGuards } = this.#collections;
    await meterGuards.bulkWrite(
      meterIds.map((_id) => ({ updateOne: { filter: { _id }, update: { $inc: { touched: 1 } }, upsert: true } })),
      { session, ordered: false },
    );
    const filter = { meterId: { $in: [...meterIds] } };
    const documents = await links.find(filter, { session, sort: { from: 1 }, batchSize: 10_000 }).toArray();
    return documents.map(fromLinkDocument);
  }
}

function endsAfter(time: EpochMillis): Filter<LinkDocument> {
  return { $or: [{ to: null }, { to: { $gt: toDate(time) } }] };
}
