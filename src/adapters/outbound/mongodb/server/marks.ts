import type { ClientSession, Collection, Db } from 'mongodb';
import type { EpochMillis } from '#domain/time/time';
import { toDate } from './dates.ts';

/**
 * Points in time. Where the history begins and up to where losses were evaluated move forward, and back only when a
 * clock that was ahead has left them in the future. The last write of a health check moves forward. The confirmed time
 * moves in any direction.
 */
type MarkName = 'horizon' | 'evaluation' | 'write-check' | 'confirmed';

export interface MarkDocument {
  readonly _id: MarkName;
  readonly time: Date;
  /** What the clock showed at that time; of the confirmed time only. */
  readonly clock?: Date;
}

export function marksCollection(db: Db): Collection<MarkDocument> {
  return db.collection('marks');
}

/** Where a mark is; `undefined` if it was never set. */
export async function mark(
  marks: Collection<MarkDocument>,
  name: MarkName,
  session?: ClientSession,
): Promise<EpochMillis | undefined> {
  const found = await marks.findOne({ _id: name }, { ...(session && { session }) });
  return found?.time.getTime();
}

/** Moves a mark forward and returns its position. An earlier time changes nothing, unless the mark is after `latest`. */
export async function advance(
  marks: Collection<MarkDocument>,
  name: MarkName,
  time: EpochMillis,
  latest: EpochMillis = Infinity,
): Promise<EpochMillis> {
  const later = { $max: ['$time', toDate(time)] };
  const now = await marks.findOneAndUpdate(
    { _id: name },
    [{ $set: { time: { $cond: [{ $gt: ['$time', toDate(latest)] }, toDate(time), later] } } }],
    { upsert: true, returnDocument: 'after' },
  );
  return now?.time.getTime() ?? time;
}
