import type { ClientSession, MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { ConflictPause } from './conflict-pause.ts';
import { isDuplicateKey, isTransient } from './driver-errors.ts';
import { inTransaction } from './durable-transaction.ts';

/** No attempt starts later than this after the first. */
const RETRY_TIMEOUT: Millis = 8 * SECOND;

/**
 * Runs `work` as one durable transaction, and again after each conflict with another transaction, so it must decide by
 * what it reads within the attempt. Two inserts of the same document are a conflict, too.
 */
export async function retriedTransaction<T>(
  client: MongoClient,
  logger: Logger | undefined,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + RETRY_TIMEOUT;
  for (const pause = new ConflictPause(client, logger); ; ) {
    try {
      return await inTransaction(client, deadline, work);
    } catch (error) {
      const canRetry = isTransient(error) || isDuplicateKey(error);
      if (!canRetry || performance.now() > deadline) throw error;
      await pause.wait();
    }
  }
}
