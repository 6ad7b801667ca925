import type { Collection, Document } from 'mongodb';
import type { ColdStore, FleetHour } from '#application/ports/cold-store';
import { type FleetTotals, noFleetTotals } from '#domain/reading/totals';
import { byKind, kinds } from '#domain/streams/streams';
import { ceilTo, floorTo, HOUR } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { toDate } from '../server/dates.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import type { Bucket, FleetDocument } from './fleet-document.ts';

/** Queries about the whole fleet. The database sums over the lanes. */
export class FleetQueries implements Pick<ColdStore, 'fleetTotals' | 'fleetHours'> {
  readonly #fleet: Collection<FleetDocument>;

  constructor(fleet: Collection<FleetDocument>) {
    this.#fleet = fleet;
  }

  /** One statement: whole hours come from the documents of hours, the edges from those of minutes. */
  async fleetTotals({ from, to }: TimeWindow): Promise<FleetTotals> {
    const crossesHour = ceilTo(HOUR, from) < floorTo(HOUR, to);
    const firstHour = crossesHour ? ceilTo(HOUR, from) : to;
    const endHour = crossesHour ? floorTo(HOUR, to) : to;
    const edge = (window: TimeWindow) => ({
      $unionWith: { coll: this.#fleet.collectionName, pipeline: [bucketRange('minute', window)] },
    });
    const found = this.#fleet.aggregate([
      bucketRange('hour', { from: firstHour, to: endHour }),
      edge({ from, to: firstHour }),
      edge({ from: endHour, to }),
      fleetSums(null),
    ]);
    const [sums] = await answeredInTime(found.toArray());
    return sums === undefined ? noFleetTotals() : fleetTotalsFrom(sums);
  }

  async fleetHours(window: TimeWindow): Promise<readonly FleetHour[]> {
    const hours = this.#fleet.aggregate([bucketRange('hour', window), fleetSums('$_id.hour'), { $sort: { _id: 1 } }]);
    return (await answeredInTime(hours.toArray())).map((sums) => ({
      hour: (sums._id as Date).getTime(),
      totals: fleetTotalsFrom(sums),
    }));
  }
}

/** All lanes of the buckets that begin in the window: a bounded scan of the clustered collection. */
export function bucketRange(bucket: Bucket, { from, to }: TimeWindow): Document {
  return { $match: { _id: { $gte: { [bucket]: toDate(from) }, $lt: { [bucket]: toDate(to) } } } };
}

/** The `$group` stage whose result `fleetTotalsFrom` reads. */
function fleetSums(by: unknown): Document {
  const sums = kinds.flatMap((kind) =>
    ['energy', 'readings'].map((sum) => [`${kind}_${sum}`, { $sum: `$${kind}.${sum}` }]),
  );
  return { $group: { _id: by, ...Object.fromEntries(sums) } };
}

function fleetTotalsFrom(sums: Document): FleetTotals {
  return byKind((kind) => ({ energy: Number(sums[`${kind}_energy`]), readings: Number(sums[`${kind}_readings`]) }));
}
