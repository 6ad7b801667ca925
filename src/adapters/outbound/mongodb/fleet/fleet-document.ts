import { type AnyBulkWriteOperation, type Collection, type Db, Long } from 'mongodb';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';

/** Energy in milliwatt-hours and number of readings of one stream in one bucket. */
interface StreamSums {
  readonly energy: number;
  readonly readings: number;
}

/**
 * What one lane added to one minute or one hour. Only one commit at a time uses a lane, so commits never wait for each
 * other's documents; a reader sums over the lanes. Hours come before minutes in the order of the keys.
 */
export interface FleetDocument extends Partial<Readonly<Record<Kind, StreamSums>>> {
  readonly _id: { readonly minute: Date; readonly lane: string } | { readonly hour: Date; readonly lane: string };
}

export function fleetCollection(db: Db): Collection<FleetDocument> {
  return db.collection('fleet_sums');
}

export type Bucket = 'minute' | 'hour';

/** Adds readings to the lane's documents, one update per minute and one per hour. */
export function fleetUpdates(readings: readonly Reading[], lane: string): AnyBulkWriteOperation<FleetDocument>[] {
  return [...bucketUpdates(readings, lane, 'minute', MINUTE), ...bucketUpdates(readings, lane, 'hour', HOUR)];
}

function bucketUpdates(
  readings: readonly Reading[],
  lane: string,
  bucket: Bucket,
  width: Millis,
): AnyBulkWriteOperation<FleetDocument>[] {
  const buckets = new Map<EpochMillis, Map<Kind, { energy: number; readings: number }>>();
  for (const { kind, timestamp, energy } of readings) {
    const start = floorTo(width, timestamp);
    const sums = buckets.get(start) ?? new Map<Kind, { energy: number; readings: number }>();
    buckets.set(start, sums);
    const sum = sums.get(kind) ?? { energy: 0, readings: 0 };
    sums.set(kind, sum);
    sum.energy += energy;
    sum.readings += 1;
  }
  return [...buckets].map(([start, sums]) => ({
    updateOne: { filter: { _id: bucketId(bucket, start, lane) }, update: { $inc: increments(sums) }, upsert: true },
  }));
}

function bucketId(bucket: Bucket, start: EpochMillis, lane: string): FleetDocument['_id'] {
  return bucket === 'minute' ? { minute: new Date(start), lane } : { hour: new Date(start), lane };
}

/** Longs, because a busy hour of a large fleet exceeds 2^31 milliwatt-hours. */
function increments(sums: ReadonlyMap<Kind, StreamSums>): Record<string, Long> {
  const fields: Record<string, Long> = {};
  for (const [kind, { energy, readings }] of sums) {
    fields[`${kind}.energy`] = Long.fromNumber(energy);
    fields[`${kind}.readings`] = Long.fromNumber(readings);
  }
  return fields;
}
