import { type Collection, type Db, type Document, MongoServerError } from 'mongodb';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { type ByKind, byKind } from '#domain/streams/streams';
import { type Millis, SECOND } from '#domain/time/time';
import { fieldsOf } from '../history/reading-fields.ts';
import { answeredInTime } from '../server/driver-errors.ts';

/**
 * A device's newest reading for people and their tools: energy in kWh and measured values, named as on the wire. It
 * follows the commits; the engine's own answers come from the history.
 */
export interface LiveDocument {
  /** The device's id. */
  readonly _id: string;
  readonly timestamp: Date;
  readonly receivedAt: Date;
  readonly [field: string]: unknown;
}

export type LiveDocumentCollections = ByKind<Collection<LiveDocument>>;

export function liveDocumentCollections(db: Db): LiveDocumentCollections {
  return byKind((kind) => db.collection<LiveDocument>(`${kind}_live`));
}

/** How long the server waits for the majority before it reports a failure. */
const MAJORITY_TIMEOUT: Millis = 8 * SECOND;
/** As durable as a commit: after a change of primary no document is older than it was. */
const writeConcern = { w: 'majority', j: true, wtimeout: MAJORITY_TIMEOUT };

/** Replaces an older document, or one without a time. Anything else stays: no write, and no event in a change stream. */
const REPLACE_IF_OLDER: Document[] = [
  { $replaceWith: { $cond: [{ $lt: ['$timestamp', '$$newer.timestamp'] }, '$$newer', '$$ROOT'] } },
];

/**
 * Creates the documents of these readings' devices, or moves them forward. The readings must be committed and of the
 * collection's stream. The server compares the times, so any number of processes may do so at once, in any order.
 *
 * Rejects when the server did not confirm all of them. Doing it again is safe.
 */
export async function moveForward(
  { db, collectionName }: Collection<LiveDocument>,
  readings: readonly Reading[],
): Promise<void> {
  if (readings.length === 0) return;
  const updates = readings.map((reading) => {
    const newer = toLiveDocument(reading);
    // Found by its id alone: with the time in this filter a document that stays would be an error, at three times the cost.
    return { q: { _id: newer._id }, u: REPLACE_IF_OLDER, c: { newer }, upsert: true };
  });
  const answer = db.command({ update: collectionName, updates, ordered: false, writeConcern });
  const { writeErrors } = await answeredInTime(answer);
  if (writeErrors?.length > 0) throw new MongoServerError(writeErrors[0]);
}

/** The order of the fields is the order in which they are stored and shown. */
function toLiveDocument(reading: Reading): LiveDocument {
  const { energy, measured } = fieldsOf[reading.kind];
  const document: Record<string, unknown> = { _id: reading.deviceId, timestamp: new Date(reading.timestamp) };
  document[energy] = kwhFromMilliwattHours(reading.energy);
  for (const field of measured) document[field] = measuredValue(reading, field);
  document.receivedAt = new Date(reading.receivedAt);
  return document as unknown as LiveDocument;
}
