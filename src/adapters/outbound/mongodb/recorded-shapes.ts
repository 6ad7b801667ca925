import type { Collection, Db } from 'mongodb';
import { type StreamShape, shapeDifference, streamShape } from '#domain/streams/stream-shape';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import { averagedIn } from './hours/device-sums.ts';
import { type HourCollections, streamRange } from './hours/hour-documents.ts';

/** What the documents of a stream look like, written by the first process that opened the database with it. */
interface ShapeDocument extends StreamShape {
  readonly _id: Kind;
}

export function shapesCollection(db: Db): Collection<ShapeDocument> {
  return db.collection('streams');
}

/**
 * Records the shape of every stream. Rejects when a stream has data and is now defined differently. Any number of
 * processes may do this at once.
 */
export async function requireRecordedShapes(
  shapes: Collection<ShapeDocument>,
  collections: HourCollections,
): Promise<void> {
  for (const kind of kinds) {
    const defined = streamShape(streams[kind]);
    const recorded = await shapes.findOne({ _id: kind });
    const stored = recorded ?? (await shapeOfDocuments(kind, collections));
    const difference = stored && shapeDifference(kind, stored, defined);
    if (difference !== undefined && (await hasData(kind, collections))) throw new Error(difference);
    const isRecorded = recorded !== null && difference === undefined;
    if (!isRecorded) await shapes.replaceOne({ _id: kind }, defined, { upsert: true });
  }
}

/** Whether the stream ever had a reading: the first one of a device records it for good. */
async function hasData(kind: Kind, { devices }: HourCollections): Promise<boolean> {
  return (await devices[kind].findOne({}, { projection: { _id: 1 } })) !== null;
}

/** The shape of a stream that an engine wrote which did not record it yet; `undefined` without readings. */
async function shapeOfDocuments(
  kind: Kind,
  { history, deviceHours }: HourCollections,
): Promise<Partial<StreamShape> | undefined> {
  const reading = await history[kind].findOne({}, { sort: { _id: -1 } }); // what was written last
  if (reading === null) return undefined;
  const idField = Object.keys(reading._id).find((key) => key !== 'hour' && key !== 'timestamp');
  const [energyField, ...measured] = Object.keys(reading).filter((key) => key !== '_id' && key !== 'receivedAt');
  const [sums] = await deviceHours
    .aggregate([{ $match: streamRange(kind) }, { $sort: { _id: -1 } }, { $limit: 1 }])
    .toArray();
  return {
    ...(idField !== undefined && { idField }),
    ...(energyField !== undefined && { energyField }),
    measured,
    ...(sums && { averaged: averagedIn(sums) }),
  };
}
