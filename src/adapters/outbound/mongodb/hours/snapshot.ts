import type { AggregateOptions, MongoClient } from 'mongodb';

/** Returns the options that make a read part of the snapshot: pass them to every read in it. */
export type Snapshot = () => Required<Pick<AggregateOptions, 'session' | 'readConcern'>>;

/**
 * Runs reads that belong together, all as of one moment, whatever is committed or deleted meanwhile. They see every
 * commit that was acknowledged before the call.
 */
export async function inSnapshot<T>(client: MongoClient, read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const session = client.startSession({ snapshot: true });
  try {
    // The read concern must be explicit: otherwise the client's own silently replaces the session's.
    return await read(() => ({ session, readConcern: { level: 'snapshot' } }));
  } finally {
    await session.endSession();
  }
}
