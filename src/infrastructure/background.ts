import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#application/ports/logger';
import { MINUTE, type Millis, SECOND } from '#domain/time/time';

/** The start of the service and its first requests come before work that can wait. */
const FIRST_RUN: Millis = 3 * SECOND;
/** Between the end of one run and the beginning of the next. */
const PAUSE: Millis = MINUTE;
/** One failure may be a store that restarts; the second in a row is somebody's to look at. */
const FAILURES_TO_REPORT = 2;

/** Work that is done again and again. Ends early, and safely, when the signal aborts. */
export interface BackgroundTask {
  /** What it does, for the log. */
  readonly name: string;
  run(signal: AbortSignal): Promise<unknown>;
}

export interface BackgroundTiming {
  readonly firstRun?: Millis;
  readonly pause?: Millis;
}

/** Runs tasks one after the other, soon after the start and then every minute, never two at once. */
export class Background {
  readonly #tasks: readonly BackgroundTask[];
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #failures = new Map<string, number>();
  readonly #ended: Promise<void>;

  constructor(tasks: readonly BackgroundTask[], logger: Logger, timing: BackgroundTiming = {}) {
    this.#tasks = tasks;
    this.#logger = logger;
    this.#ended = this.#repeat(timing.firstRun ?? FIRST_RUN, timing.pause ?? PAUSE);
  }

  /**
   * Begins nothing new and resolves when the running task has ended, after `grace` at the latest: what a task leaves
   * half done is done again by the next process.
   */
  async close(grace: Millis): Promise<void> {
    this.#stop.abort();
    await Promise.race([this.#ended, sleep(grace, undefined, { ref: false })]);
  }

  async #repeat(firstRun: Millis, pause: Millis): Promise<void> {
    const { signal } = this.#stop;
    for (let wait = firstRun; !signal.aborted; wait = pause) {
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {}); // aborted: the service stops
      for (const task of this.#tasks) {
        if (!signal.aborted) await this.#run(task, signal);
      }
    }
  }

  /** A task that fails leaves the others alone. */
  async #run({ name, run }: BackgroundTask, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    try {
      await run(signal);
      this.#failures.delete(name);
      this.#logger.debug('background task done', { task: name, durationMs: Math.round(performance.now() - begin) });
    } catch (error) {
      if (signal.aborted) return; // the store was closed under it
      const inARow = (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, inARow);
      const level = inARow >= FAILURES_TO_REPORT ? 'error' : 'warn';
      this.#logger[level]('background task failed', { task: name, inARow, error });
    }
  }
}
