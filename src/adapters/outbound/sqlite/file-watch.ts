import { type Millis, SECOND } from '#domain/time/time';

/** How soon an engine without requests notices; a commit notices before it is acknowledged. */
const CHECK_INTERVAL: Millis = SECOND;

/**
 * Lets a thread look at its files every second. When they were removed, replaced or taken over by another engine, the
 * thread ends, and the store has failed.
 */
export class FileWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(look: () => Promise<void>) {
    let isChecking = false;
    const check = async () => {
      if (isChecking) return;
      isChecking = true;
      await look().catch(() => {}); // the end of the thread reports it
      isChecking = false;
    };
    this.#timer = setInterval(() => void check(), CHECK_INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
