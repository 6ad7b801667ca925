import type { ObjectId } from 'mongodb';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, intersection, type TimeWindow } from '#domain/time/time-window';
import { bucketRange } from '../fleet/fleet-queries.ts';
import { toDate } from '../server/dates.ts';
import { COUNTED_READINGS, type HourCollections } from './hour-documents.ts';
import type { Snapshot } from './snapshot.ts';

/** Where to get the sums of a window from. Hours without readings are in neither list. */
export interface HourPlan {
  /** Whole hours whose sums hold, oldest first. */
  readonly closed: readonly { readonly hour: EpochMillis; readonly generation: ObjectId }[];
  /** What must be summed from readings, hour by hour, oldest first: the edges, and hours without sums that hold. */
  readonly raw: readonly TimeWindow[];
}

/** An hour of one stream: how many readings it has, and the generation of its sums with how many those are of. */
interface HourState {
  readonly _id: Date | 'horizon';
  readonly readings: number;
  readonly closed: number | null;
  readonly generation: ObjectId | null;
  readonly time?: Date;
}

/**
 * Finds out which hours can be answered from sums; none if `wantSums` is false. Must be read in the same snapshot as the
 * sums and the readings.
 */
export async function planHours(
  { fleet, closedHours, marks }: HourCollections,
  kind: Kind,
  window: TimeWindow,
  wantSums: boolean,
  snapshot: Snapshot,
): Promise<HourPlan> {
  const { from, to } = alignOutward(window, HOUR);
  const states = await fleet
    .aggregate<HourState>(
      [
        bucketRange('hour', { from, to }),
        { $match: { [`${kind}.readings`]: { $gt: 0 } } },
        { $project: { _id: '$_id.hour', readings: `$${kind}.readings` } },
        {
          $unionWith: {
            coll: closedHours.collectionName,
            pipeline: [
              {
                $match: {
                  _id: { $gte: { stream: kind, hour: toDate(from) }, $lt: { stream: kind, hour: toDate(to) } },
                },
              },
              { $project: { _id: '$_id.hour', closed: COUNTED_READINGS, generation: 1 } },
            ],
          },
        },
        {
          $group: {
            _id: '$_id',
            readings: { $sum: '$readings' },
            closed: { $max: '$closed' },
            generation: { $max: '$generation' },
          },
        },
        { $sort: { _id: 1 } },
        { $unionWith: { coll: marks.collectionName, pipeline: [{ $match: { _id: 'horizon' } }] } },
      ],
      { ...snapshot(), batchSize: 10_000 },
    )
    .toArray();

  const horizon = states.find(({ _id }) => _id === 'horizon')?.time?.getTime() ?? -Infinity;
  const closed: { hour: EpochMillis; generation: ObjectId }[] = [];
  const raw: TimeWindow[] = [];
  for (const { _id, readings, closed: count, generation } of states) {
    if (_id === 'horizon' || readings === 0) continue;
    const hour = _id.getTime();
    const canBeSum = wantSums && window.from <= hour && hour + HOUR <= window.to;
    const holds = count === readings || hour < horizon; // before the horizon there are no readings left to count
    if (canBeSum && generation !== null && holds) closed.push({ hour, generation });
    else {
      const part = intersection(window, { from: Math.max(hour, horizon), to: hour + HOUR });
      if (part) raw.push(part);
    }
  }
  return { closed, raw };
}
