import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import type { Load } from './commit-load.ts';

/**
 * A step is followed by a pause, so that steps take at most this share of one connection's time. While nothing is
 * committed, as between the bursts of a fleet that sends at the full minute, nobody is in the way.
 */
const MAX_SHARE: Readonly<Record<Load, number>> = { idle: 0.5, normal: 0.05, full: 0.05 };
/**
 * A busy server makes steps slower, and longer pauses would let the documents fall ever further behind. So this many
 * devices per second have their turn in any case: half as many again as 20,000 devices that send once a minute need. At
 * full load it is few, because each costs the server as much as several readings.
 */
const MIN_DEVICES_PER_SECOND: Readonly<Record<Load, number>> = { idle: 500, normal: 500, full: 100 };
/** What arrives during a pause is done in one step. */
const MIN_PAUSE: Millis = 0.1 * SECOND;
/** Pauses after failures double up to this, so that a server that is back is noticed soon. */
const MAX_RETRY_PAUSE: Millis = 5 * SECOND;

/** What a step did. */
export interface Step {
  /** The devices it was about. */
  readonly devices: number;
  readonly isMore: boolean;
}

/**
 * Background work on devices in small steps, with pauses in proportion, so that commits get their turn. A step that
 * fails is tried again. Nothing here keeps a process alive.
 */
export class PacedLoop {
  readonly #name: string;
  readonly #step: () => Promise<Step>;
  readonly #load: () => Load;
  readonly #logger: Logger | undefined;
  readonly #stop = new AbortController();
  #ended: Promise<void> | undefined;
  #hasWork = false;
  #failures = 0;

  /** `name` is for the log: what failed. `load` returns the load of commits now. */
  constructor(name: string, step: () => Promise<Step>, load: () => Load, logger: Logger | undefined) {
    this.#name = name;
    this.#step = step;
    this.#load = load;
    this.#logger = logger;
  }

  /** There is work: runs steps, after a pause, until there is no more. */
  request(): void {
    this.#hasWork = true;
    this.#ended ??= this.#run();
  }

  /** Starts no further step. Resolves when the step in progress has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let pause = MIN_PAUSE; this.#hasWork && !signal.aborted; ) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {}); // aborted: the loop has been stopped
      if (!signal.aborted) pause = await this.#attempt();
    }
    this.#ended = undefined;
  }

  /** Never rejects. Returns the pause before the next step. */
  async #attempt(): Promise<Millis> {
    const begin = performance.now();
    this.#hasWork = false; // until it is requested again, or the step knows of more
    try {
      const { devices, isMore } = await this.#step();
      if (isMore) this.#hasWork = true;
      if (this.#failures > 0) this.#logger?.info(`able to ${this.#name} again`, { failures: this.#failures });
      this.#failures = 0;
      return pauseAfter(devices, performance.now() - begin, this.#load());
    } catch (error) {
      this.#hasWork = true;
      if (this.#failures++ === 0) this.#logger?.warn(`failed to ${this.#name}; will keep trying`, { error });
      return Math.min(MIN_PAUSE * 2 ** this.#failures, MAX_RETRY_PAUSE);
    }
  }
}

/** The pause after a step about that many devices that took that long. */
export function pauseAfter(devices: number, duration: Millis, load: Load): Millis {
  const period = Math.min(duration / MAX_SHARE[load], (devices * SECOND) / MIN_DEVICES_PER_SECOND[load]);
  return Math.max(load === 'idle' ? 0 : MIN_PAUSE, period - duration);
}
