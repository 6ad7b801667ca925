import type { Collection } from 'mongodb';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { intersection, splitAt, type TimeWindow } from '#domain/time/time-window';
import type { FleetDocument } from '../fleet/fleet-document.ts';
import { bucketRange } from '../fleet/fleet-queries.ts';

/** Up to this many hours, scanning the empty ones costs less than asking which they are. */
const HOURS_NOT_ASKED = 48;
const LANES_A_BATCH = 500;

/**
 * The parts of a window, cut at hours and oldest first, that may hold readings of a stream. Of long windows only the
 * hours that the fleet totals know, so that a long silence costs nothing. They are asked for as they are needed.
 */
export async function* occupiedHours(
  fleet: Collection<FleetDocument>,
  kind: Kind,
  window: TimeWindow,
): AsyncGenerator<TimeWindow> {
  if (window.to - window.from <= HOURS_NOT_ASKED * HOUR) {
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
    { batchSize: LANES_A_BATCH },
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
