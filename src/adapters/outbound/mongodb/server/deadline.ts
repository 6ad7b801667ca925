import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '#application/errors';
import type { Millis } from '#domain/time/time';

/** Rejects when `work` takes longer than it may: for a server that neither answers nor hangs up. */
export async function beforeDeadline<T>(work: Promise<T>, limit: Millis): Promise<T> {
  const timer = new AbortController();
  const late = sleep(limit, undefined, { signal: timer.signal }).then(() => {
    throw new StoreUnavailableError(`MongoDB has not answered within ${limit} ms`);
  });
  late.catch(() => {}); // aborted
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
