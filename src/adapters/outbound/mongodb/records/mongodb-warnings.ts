import type { ClientSession, MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import type { WarningQuery, WarningRepository } from '#application/ports/warning-repository';
import type { LossWarning, WarningChange, WarningWatch } from '#domain/loss-warning';
import type { EpochMillis } from '#domain/time/time';
import { answered, answeredInTime } from '../server/driver-errors.ts';
import { advance, mark } from '../server/marks.ts';
import { retriedTransaction } from '../server/retried-transaction.ts';
import { fromWatchDocument, toWarningDocument, toWatchDocument, type WarningCollections } from './warning-documents.ts';

/** Takes some tens of milliseconds. */
const CHANGES_PER_TRANSACTION = 500;

/** Loss warnings in MongoDB. A vehicle's watch and its warning change in one transaction. */
export class MongoDbWarnings implements WarningRepository {
  readonly #client: MongoClient;
  readonly #collections: WarningCollections;
  readonly #logger: Logger | undefined;

  constructor(client: MongoClient, collections: WarningCollections, logger: Logger | undefined) {
    this.#client = client;
    this.#collections = collections;
    this.#logger = logger;
  }

  async watches(vehicleIds: readonly string[]): Promise<ReadonlyMap<string, WarningWatch>> {
    return answered(this.#watches(vehicleIds));
  }

  async keep(changes: readonly WarningChange[], latest: EpochMillis = Infinity): Promise<void> {
    for (let at = 0; at < changes.length; at += CHANGES_PER_TRANSACTION) {
      const part = changes.slice(at, at + CHANGES_PER_TRANSACTION);
      await answered(
        retriedTransaction(this.#client, this.#logger, (session) => this.#keepPart(part, latest, session)),
      );
    }
  }

  async list({ state, after, limit }: WarningQuery): Promise<readonly LossWarning[]> {
    const openedAt = new Date(after?.openedAt ?? 0);
    const filter = {
      ...(state === undefined ? {} : { state }),
      ...(after === undefined ? {} : { $or: [{ openedAt: { $lt: openedAt } }, { openedAt, _id: { $lt: after.id } }] }),
    };
    const newest = this.#collections.warnings.find(filter, { sort: { openedAt: -1, _id: -1 }, limit });
    return (await answeredInTime(newest.toArray())).map(({ warning }) => warning);
  }

  async lastEvaluation(): Promise<EpochMillis | undefined> {
    return answeredInTime(mark(this.#collections.marks, 'evaluation'));
  }

  async evaluated(to: EpochMillis, latest: EpochMillis = Infinity): Promise<void> {
    await answered(advance(this.#collections.marks, 'evaluation', to, latest));
  }

  async #watches(vehicleIds: readonly string[], session?: ClientSession): Promise<Map<string, WarningWatch>> {
    const options = { batchSize: 10_000, ...(session && { session }) };
    const documents = await this.#collections.watches.find({ _id: { $in: [...vehicleIds] } }, options).toArray();
    return new Map(documents.map((document) => [document._id, fromWatchDocument(document)]));
  }

  /** Decides by what it reads; if another transaction changes that meanwhile, this one is retried. */
  async #keepPart(changes: readonly WarningChange[], latest: EpochMillis, session: ClientSession): Promise<void> {
    const { warnings, watches } = this.#collections;
    const known = await this.#watches([...new Set(changes.map(({ watch }) => watch.vehicleId))], session);
    const moved = new Map<string, WarningWatch>();
    const changed = new Map<string, LossWarning>();
    for (const { watch, changed: warning } of changes) {
      const before = known.get(watch.vehicleId);
      if (before !== undefined && before.evaluatedTo >= watch.evaluatedTo && before.evaluatedTo <= latest) continue;
      known.set(watch.vehicleId, watch);
      moved.set(watch.vehicleId, watch);
      if (warning !== null) changed.set(warning.id, warning);
    }
    const replacement = <D extends { readonly _id: string }>(document: D) => ({
      replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
    });
    if (moved.size > 0) {
      const documents = [...moved.values()].map(toWatchDocument);
      await watches.bulkWrite(documents.map(replacement) as never, { session, ordered: false });
    }
    if (changed.size > 0) {
      const documents = [...changed.values()].map(toWarningDocument);
      await warnings.bulkWrite(documents.map(replacement) as never, { session, ordered: false });
    }
  }
}
