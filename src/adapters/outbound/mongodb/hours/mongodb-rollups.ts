import type { MongoClient } from 'mongodb';
import type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
import type { DeviceTotals } from '#domain/reading/totals';
import { type Kind, kinds } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { toDate } from '../server/dates.ts';
import { answered } from '../server/driver-errors.ts';
import { mark } from '../server/marks.ts';
import { type DeviceSums, toDeviceTotals } from './device-sums.ts';
import { HourClosing } from './hour-closing.ts';
import { COUNTED_READINGS, type HourCollections } from './hour-documents.ts';
import { type HourPlan, planHours } from './hour-plan.ts';
import { BY_DEVICE, sumParts } from './part-sums.ts';
import { inSnapshot } from './snapshot.ts';

/** Which hours have sums that hold, and the sums themselves. */
export class MongoDbRollups implements HourRollups {
  readonly #client: MongoClient;
  readonly #collections: HourCollections;
  readonly #closing: HourClosing;

  constructor(client: MongoClient, collections: HourCollections) {
    this.#client = client;
    this.#collections = collections;
    this.#closing = new HourClosing(client, collections);
  }

  /** Also deletes what interrupted computations have left behind. */
  async unclosed(before: EpochMillis, limit: number): Promise<readonly StreamHour[]> {
    return answered(this.#unclosed(before, limit));
  }

  async close(hour: StreamHour): Promise<void> {
    await answered(this.#closing.close(hour));
  }

  async closed({ kind, hour }: StreamHour): Promise<ReadonlyMap<string, DeviceTotals> | undefined> {
    return answered(
      inSnapshot(this.#client, async (snapshot) => {
        const plan = await planHours(this.#collections, kind, { from: hour, to: hour + HOUR }, true, snapshot);
        if (plan.closed.length === 0) return undefined;
        return byDevice(kind, await sumParts(this.#collections, kind, undefined, plan, BY_DEVICE, snapshot));
      }),
    );
  }

  async recount({ kind, hour }: StreamHour): Promise<ReadonlyMap<string, DeviceTotals>> {
    const plan: HourPlan = { closed: [], raw: [{ from: hour, to: hour + HOUR }] };
    return answered(
      inSnapshot(this.#client, async (snapshot) => {
        return byDevice(kind, await sumParts(this.#collections, kind, undefined, plan, BY_DEVICE, snapshot));
      }),
    );
  }

  async #unclosed(before: EpochMillis, limit: number): Promise<readonly StreamHour[]> {
    const { closedHours } = this.#collections;
    for (const { _id } of await closedHours.find({ discarded: { $exists: true } }, { limit }).toArray()) {
      await this.#closing.deleteDiscarded({ kind: _id.stream, hour: _id.hour.getTime() });
    }
    const hours = await Promise.all(kinds.map((kind) => unclosedHours(this.#collections, kind, before, limit)));
    return hours
      .flat()
      .sort((a, b) => a.hour - b.hour)
      .slice(0, limit);
  }
}

/** Hours of one stream whose sums are missing or out of date, oldest first. Sums before the horizon are final. */
export async function unclosedHours(
  { fleet, closedHours, marks }: HourCollections,
  kind: Kind,
  before: EpochMillis,
  limit: number,
): Promise<readonly StreamHour[]> {
  const [from, to] = [toDate((await mark(marks, 'horizon')) ?? -Infinity), toDate(before)];
  const found = await fleet
    .aggregate<{ _id: Date }>([
      { $match: { _id: { $gte: { hour: from }, $lt: { hour: to } }, [`${kind}.readings`]: { $gt: 0 } } },
      { $project: { _id: '$_id.hour', missing: `$${kind}.readings` } },
      {
        $unionWith: {
          coll: closedHours.collectionName,
          pipeline: [
            { $match: { _id: { $gte: { stream: kind, hour: from }, $lt: { stream: kind, hour: to } } } },
            { $project: { _id: '$_id.hour', missing: { $multiply: [COUNTED_READINGS, -1] } } },
          ],
        },
      },
      { $group: { _id: '$_id', missing: { $sum: '$missing' } } },
      { $match: { missing: { $ne: 0 } } },
      { $sort: { _id: 1 } },
      { $limit: limit },
    ])
    .toArray();
  return found.map(({ _id }) => ({ kind, hour: _id.getTime() }));
}

/** The number of hours that an older version closed, so that they have to be closed again. */
export async function hoursWithoutMinutes({ closedHours, marks }: HourCollections): Promise<number> {
  const horizon = toDate((await mark(marks, 'horizon')) ?? -Infinity);
  return closedHours.countDocuments({
    generation: { $exists: true },
    '_id.hour': { $gte: horizon },
    $expr: { $ne: ['$withMinutes', '$generation'] },
  });
}

function byDevice(kind: Kind, sums: readonly DeviceSums[]): ReadonlyMap<string, DeviceTotals> {
  return new Map(sums.map((sum) => [String(sum._id), toDeviceTotals(kind, sum)]));
}
