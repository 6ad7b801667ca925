import { MongoError, MongoServerError } from 'mongodb';
import { StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';
import { beforeDeadline } from './deadline.ts';

/** What a client waits for takes milliseconds. By itself the driver notices a server that hangs only after half a minute. */
const CLIENT_DEADLINE: Millis = 9 * SECOND;

const DUPLICATE_KEY = 11000;
const MAX_TIME_EXPIRED = 50;

/** A reading of the transaction stands in the history already, or another writer put it there first. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** The server lives, and has given up a statement after the time that it was given. */
export function isTimeUp(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED;
}

/** Nothing of the transaction was kept and it may be tried again: a write conflict, a change of primary. */
export function isTransient(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('TransientTransactionError');
}

/** The transaction may be committed or not; the same commit may be asked for again. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** What the application sees of the driver's errors: the store did not answer, with the reason as its cause. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  return new StoreUnavailableError(`MongoDB did not answer as expected: ${error.message}`, { cause: error });
}

/** Resolves with what `work` resolves with; the driver's errors become `StoreUnavailableError`. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unavailable(error);
  }
}

/** The same for what a client waits for: rejects in time when the server neither answers nor hangs up. */
export function answeredInTime<T>(work: Promise<T>): Promise<T> {
  return answered(beforeDeadline(work, CLIENT_DEADLINE));
}
