import type { ClientSession, Collection, Db } from 'mongodb';
import type { EpochMillis } from '#domain/time/time';
import { toDate } from './dates.ts';

/**
 * Points in time that only move forward: where the history begins, up to where losses were evaluated, and the last write
 * of a health check.
 */
type MarkName = 'horizon' | 'evaluation' | 'write-check';

export interface MarkDocument {
  readonly _id: MarkName;
  readonly time: Date;
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

/** Moves a mark forward and returns its position; an earlier time changes nothing. */
export async function advance(
  marks: Collection<MarkDocument>,
  name: MarkName,
  time: EpochMillis,
): Promise<EpochMillis> {
  const now = await marks.findOneAndUpdate(
    { _id: name },
    { $max: { time: toDate(time) } },
    { upsert: true, returnDocument: 'after' },
  );
  return now?.time.getTime() ?? time;
}
