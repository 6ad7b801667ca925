import type { AggregateOptions, MongoClient } from 'mongodb';

/** What makes a read one of those that see the same moment: to be given to each. */
export type Moment = () => Required<Pick<AggregateOptions, 'session' | 'readConcern'>>;

/**
 * Reads that belong together, all as of one moment, whatever is committed or deleted meanwhile. The moment is not before
 * any commit that was answered.
 */
export async function atOneMoment<T>(client: MongoClient, read: (moment: Moment) => Promise<T>): Promise<T> {
  const session = client.startSession({ snapshot: true });
  try {
    // The concern has to be said each time: the client's own one would take the place of the session's, in silence.
    return await read(() => ({ session, readConcern: { level: 'snapshot' } }));
  } finally {
    await session.endSession();
  }
}
