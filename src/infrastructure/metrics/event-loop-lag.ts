import { Histogram, SECONDS_BOUNDS } from '#application/measure/histogram';
import { type Millis, SECOND } from '#domain/time/time';

const INTERVAL: Millis = 100;

/**
 * How late timers run, which is how long a request may wait until the engine notices it. Measured by a timer of its own,
 * because Node's `monitorEventLoopDelay` adds its own resolution to every value and misses the delays it is reset in.
 */
export class EventLoopLag {
  readonly seconds = new Histogram(SECONDS_BOUNDS);
  readonly #timer: NodeJS.Timeout;
  #due = performance.now() + INTERVAL;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.seconds.observe(Math.max(0, now - this.#due) / SECOND);
      this.#due = now + INTERVAL;
    }, INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
