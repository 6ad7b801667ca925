import type { ClientSession, MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { ConflictPause } from './conflict-pause.ts';
import { isDuplicateKey, isTransient } from './driver-errors.ts';
import { inTransaction } from './durable-transaction.ts';

/** No attempt begins later than this after the first. */
const DEADLINE: Millis = 8 * SECOND;

/**
 * Runs `work` as one durable transaction, again when it met another one; it decides by what it reads each time. Two that
 * insert the same document meet as well.
 */
export async function retriedTransaction<T>(
  client: MongoClient,
  logger: Logger | undefined,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + DEADLINE;
  for (const pause = new ConflictPause(client, logger); ; ) {
    try {
      return await inTransaction(client, deadline, work);
    } catch (error) {
      const again = isTransient(error) || isDuplicateKey(error);
      if (!again || performance.now() > deadline) throw error;
      await pause.wait();
    }
  }
}
