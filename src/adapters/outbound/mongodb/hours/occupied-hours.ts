import type { Collection } from 'mongodb';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { intersection, splitAt, type TimeWindow } from '#domain/time/time-window';
import type { FleetDocument } from '../fleet/fleet-document.ts';
import { bucketRange } from '../fleet/fleet-queries.ts';

/** Up to this many hours, scanning empty ones costs less than finding out which are empty. */
const MAX_HOURS_UNFILTERED = 48;
const LANES_PER_BATCH = 500;

/**
 * The parts of a window that may have readings of a stream, split at hours, oldest first. In a long window these are only
 * the hours that have fleet totals, so that a long silence costs nothing; they are fetched as they are needed.
 */
export async function* occupiedHours(
  fleet: Collection<FleetDocument>,
  kind: Kind,
  window: TimeWindow,
): AsyncGenerator<TimeWindow> {
  if (window.to - window.from <= MAX_HOURS_UNFILTERED * HOUR) {
    yield* splitAt(HOUR, window);
    return;
  }
  const lanes = fleet.aggregate<{ hour: Date }>(
    [
      bucketRange('hour', { from: floorTo(HOUR, window.from), to: window.to }),
      { $match: { [`${kind}.readings`]: { $gt: 0 } } },
      { $sort: { _id: 1 } }, // the order of the scan, so nothing is sorted
      { $project: { _id: 0, hour: '$_id.hour' } },
    ],
    { batchSize: LANES_PER_BATCH },
  );
  let last: EpochMillis | undefined;
  for await (const lane of lanes) {
    const hour = lane.hour.getTime();
    if (hour === last) continue; // another lane
    last = hour;
    const part = intersection(window, { from: hour, to: hour + HOUR });
    if (part) yield part;
  }
}
