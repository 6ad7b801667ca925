import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoServerError, type TransactionOptions } from 'mongodb';
import { type Millis, SECOND } from '#domain/time/time';
import { isCommitUnknown } from './driver-errors.ts';

/** How long the server waits for the majority before it reports the outcome as unknown. */
const MAJORITY_TIMEOUT: Millis = 8 * SECOND;
const COMMIT_PAUSE: Millis = 20;

/** Set on every transaction, whatever the connection string says: a confirmed write survives the loss of any one machine. */
const DURABLE: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT },
  readPreference: 'primary',
};

/**
 * Runs `work` as one transaction and resolves when it is durable. A commit with an unknown outcome is repeated until
 * `deadline` (by `performance.now()`). Rejects with the driver's error: nothing was kept, unless `isCommitUnknown` holds
 * for it.
 */
export async function inTransaction<T>(
  client: MongoClient,
  deadline: number,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const session = client.startSession();
  try {
    session.startTransaction(DURABLE);
    const result = await work(session);
    await commit(session, deadline);
    await session.endSession();
    return result;
  } catch (error) {
    const ended = session.endSession().catch(() => {}); // aborts
    if (error instanceof MongoServerError) await ended; // without an answer from the server this could take forever
    throw error;
  }
}

async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isCommitUnknown(error) || performance.now() > deadline) throw error;
      await sleep(COMMIT_PAUSE);
    }
  }
}
