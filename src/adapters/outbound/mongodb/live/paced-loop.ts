import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';

/** A step is followed by a pause, so that steps take at most this share of one connection's time. */
const MAX_SHARE = 0.05;
/**
 * A server at full load makes steps slower, and longer pauses would let the documents fall ever further behind. So this
 * many devices per second have their turn in any case: half as many again as 20,000 devices that send once a minute
 * need, at some 5 % of one core.
 */
const MIN_DEVICES_PER_SECOND = 500;
/** While nothing is committed, as between the bursts of a fleet that sends at the full minute, nobody is in the way. */
const MAX_IDLE_SHARE = 0.5;
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
  readonly #isIdle: () => boolean;
  readonly #logger: Logger | undefined;
  readonly #stop = new AbortController();
  #ended: Promise<void> | undefined;
  #hasWork = false;
  #failures = 0;

  /** `name` is for the log: what failed. `isIdle` returns whether nothing is being committed. */
  constructor(name: string, step: () => Promise<Step>, isIdle: () => boolean, logger: Logger | undefined) {
    this.#name = name;
    this.#step = step;
    this.#isIdle = isIdle;
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
      return pauseAfter(devices, performance.now() - begin, this.#isIdle());
    } catch (error) {
      this.#hasWork = true;
      if (this.#failures++ === 0) this.#logger?.warn(`failed to ${this.#name}; will keep trying`, { error });
      return Math.min(MIN_PAUSE * 2 ** this.#failures, MAX_RETRY_PAUSE);
    }
  }
}

/** The pause after a step about that many devices that took that long. */
export function pauseAfter(devices: number, duration: Millis, isIdle: boolean): Millis {
  const share = isIdle ? MAX_IDLE_SHARE : MAX_SHARE;
  const period = Math.min(duration / share, (devices * SECOND) / MIN_DEVICES_PER_SECOND);
  return Math.max(isIdle ? 0 : MIN_PAUSE, period - duration);
}
