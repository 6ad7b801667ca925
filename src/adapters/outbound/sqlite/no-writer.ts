import { StoreUnavailableError } from '#application/errors';
import type { Logger } from '#application/ports/logger';
import { dataFileAt } from './format/data-file.ts';
import { cannotCreateFiles } from './thread/sqlite-error.ts';
import type { Thread } from './thread/thread-protocol.ts';
import type { WriterObjects } from './writer/writer-thread.ts';

/** What the store needs of the writer thread. */
export type Writer = Pick<Thread<WriterObjects>, 'call' | 'failure' | 'failed' | 'close'>;

/** Stands in for the writer where nothing can be written. */
export function noWriter(reason: string): Writer {
  return {
    failure: undefined,
    call: () => Promise.reject(new StoreUnavailableError(reason)),
    get failed() {
      return new Promise<never>(() => {});
    },
    close: async () => {},
  };
}

/** A disk that is full or read-only is no reason not to serve what is on it. Rethrows when the writer failed otherwise. */
export function onlyReading(file: string, error: Error, logger: Logger | undefined): Writer {
  if (!cannotCreateFiles(error) || dataFileAt(file) !== 'ours') throw error;
  const reason = `the store can only be read: ${error.message}; restart the engine once it can be written`;
  logger?.error(reason);
  logger?.debug('the store cannot be opened for writing', { error });
  return noWriter(reason);
}
