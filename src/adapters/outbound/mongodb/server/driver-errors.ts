import { MongoError, MongoServerError } from 'mongodb';
import pTimeout from 'p-timeout';
import { StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';

/** Answers to a client take milliseconds. The driver on its own notices a hanging server only after half a minute. */
const CLIENT_TIMEOUT: Millis = 9 * SECOND;

const DUPLICATE_KEY = 11000;
/** `MaxTimeMSExpired`; and `Interrupted`, which server 6.0 reports when the time runs out within a stage of a pipeline. */
const TIME_LIMIT_CODES: readonly unknown[] = [50, 11601];

/** A reading of the transaction is already in the history, or another writer stored it first. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** The server is alive, and gave up a statement that reached its `maxTimeMS`. */
export function isTimeLimitReached(error: unknown): boolean {
  return error instanceof MongoServerError && TIME_LIMIT_CODES.includes(error.code);
}

/** Nothing of the transaction was kept and it can be retried: a write conflict, a change of primary. */
export function isTransient(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('TransientTransactionError');
}

/** The transaction may or may not be committed; the same commit can be repeated. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** Settles as `work` does, but the driver's errors become `StoreUnavailableError`, with the original as its cause. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    throw new StoreUnavailableError(`MongoDB did not answer as expected: ${error.message}`, { cause: error });
  }
}

/** Like `answered`, and rejects after `timeout` at the latest: a hanging server neither answers nor disconnects. */
export function answeredInTime<T>(work: Promise<T>, timeout = CLIENT_TIMEOUT): Promise<T> {
  const giveUp = () => {
    throw new StoreUnavailableError(`MongoDB has not answered within ${timeout} ms`);
  };
  return pTimeout(answered(work), { milliseconds: timeout, fallback: giveUp });
}
