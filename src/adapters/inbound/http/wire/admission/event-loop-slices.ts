import type { Millis } from '#domain/time/time';

/** How long a slice may take: short against the few milliseconds in which a single post is answered. */
const SLICE: Millis = 2;

/** Callers that wait for their next slice, in order. */
const waiting: (() => void)[] = [];

/**
 * Cuts long work on the main thread into slices, so that no request holds the event loop. All requests share it: each
 * turn of the loop runs one slice of one request, so that a dozen of them hold it no longer than one.
 *
 * ```ts
 * const slices = new EventLoopSlices();
 * for (const item of items) {
 *   if (slices.isOver) await slices.next();
 *   work(item);
 * }
 * ```
 */
export class EventLoopSlices {
  #end = performance.now() + SLICE;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Resolves when the next slice begins. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(beginNext);
    });
    this.#end = performance.now() + SLICE;
  }
}

/** An immediate that is set by another one runs in the next turn, after the input that has arrived meanwhile. */
function beginNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(beginNext);
}
