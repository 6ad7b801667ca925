import { type Millis, SECOND } from '#domain/time/time';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterObjects } from './writer/writer-thread.ts';

/** How soon an engine without requests notices; a commit notices before it is acknowledged. */
const CHECK_INTERVAL: Millis = SECOND;

/**
 * Lets the writer look at its files every second. When they were removed, replaced or taken over by another engine,
 * the thread ends, and the store has failed.
 */
export class FileWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(writer: Caller<WriterObjects>) {
    let isChecking = false;
    const check = async () => {
      if (isChecking) return;
      isChecking = true;
      await writer.call('files', 'check', []).catch(() => {}); // the end of the thread reports it
      isChecking = false;
    };
    this.#timer = setInterval(() => void check(), CHECK_INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
