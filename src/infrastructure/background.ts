import { setTimeout as sleep } from 'node:timers/promises';
import pTimeout from 'p-timeout';
import type { Logger } from '#application/ports/logger';
import { MINUTE, type Millis, SECOND } from '#domain/time/time';

/** The service's start and first requests come before work that can wait. */
const FIRST_RUN_DELAY: Millis = 3 * SECOND;
/** Between the end of one run and the start of the next. */
const PAUSE: Millis = MINUTE;
/** Consecutive failures of a task that make an error: one may just be a store that restarts. */
const FAILURES_UNTIL_ERROR = 2;

/** Recurring work. Ends early, and safely, when the signal aborts. */
export interface BackgroundTask {
  /** For the log. */
  readonly name: string;
  run(signal: AbortSignal): Promise<unknown>;
}

export interface BackgroundTiming {
  readonly firstRun?: Millis;
  readonly pause?: Millis;
}

/** Runs tasks one at a time, in order, soon after the start and then every minute. */
export class Background {
  readonly #tasks: readonly BackgroundTask[];
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #failures = new Map<string, number>();
  readonly #ended: Promise<void>;

  constructor(tasks: readonly BackgroundTask[], logger: Logger, timing: BackgroundTiming = {}) {
    this.#tasks = tasks;
    this.#logger = logger;
    this.#ended = this.#repeat(timing.firstRun ?? FIRST_RUN_DELAY, timing.pause ?? PAUSE);
  }

  /**
   * Starts no further task and resolves when the running one has ended, or after `grace`: what a task leaves unfinished
   * is redone by the next process.
   */
  async close(grace: Millis): Promise<void> {
    this.#stop.abort();
    await pTimeout(this.#ended, { milliseconds: grace, message: false }); // false: resolves when the time is up
  }

  async #repeat(firstRun: Millis, pause: Millis): Promise<void> {
    const { signal } = this.#stop;
    for (let wait = firstRun; !signal.aborted; wait = pause) {
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {}); // aborted: the service is stopping
      for (const task of this.#tasks) {
        if (!signal.aborted) await this.#run(task, signal);
      }
    }
  }

  /** Never rejects: a task that fails does not affect the others. */
  async #run({ name, run }: BackgroundTask, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    try {
      await run(signal);
      this.#failures.delete(name);
      this.#logger.debug('background task done', { task: name, durationMs: Math.round(performance.now() - begin) });
    } catch (error) {
      if (signal.aborted) return; // the store was closed while it ran
      const currentStreak = (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, currentStreak);
      const level = currentStreak >= FAILURES_UNTIL_ERROR ? 'error' : 'warn';
      this.#logger[level]('background task failed', { task: name, currentStreak, error });
    }
  }
}
