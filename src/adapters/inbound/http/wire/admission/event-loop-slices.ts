import type { Millis } from '#domain/time/time';

/** How long a slice may take: short against the few milliseconds in which a single post is answered. */
const SLICE: Millis = 2;
/** Jobs that are under way at once. Each may hold some megabytes of items or results; the others wait, with their bodies. */
const MAX_JOBS = 4;

/** Jobs under way that wait for their next slice, in turn. */
const inTurn: (() => void)[] = [];
let jobs = 0;
/** Jobs that wait to get under way. Those that finish a request go first: it then holds nothing any more. */
const finishing: (() => void)[] = [];
const starting: (() => void)[] = [];

export interface SliceOptions {
  /** Whether the request is answered after this job. */
  readonly isLast?: boolean;
}

/**
 * Runs long work on the main thread in slices, so that no request holds the event loop. All requests share it: each turn
 * of the loop runs one slice of one job, so that a dozen of them hold it no longer than one. Work that takes less than a
 * slice never waits.
 *
 * ```ts
 * inSlices(async (slices) => {
 *   for (const item of items) {
 *     if (slices.isOver) await slices.next();
 *     work(item);
 *   }
 * });
 * ```
 */
export async function inSlices<T>(
  job: (slices: EventLoopSlices) => Promise<T>,
  { isLast = false }: SliceOptions = {},
): Promise<T> {
  const slices = new EventLoopSlices(isLast ? finishing : starting);
  try {
    return await job(slices);
  } finally {
    slices.end();
  }
}

/** The slices of one job; `inSlices` makes it. */
export class EventLoopSlices {
  readonly #queue: (() => void)[];
  #end = performance.now() + SLICE;
  #isUnderWay = false;

  constructor(queue: (() => void)[]) {
    this.#queue = queue;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Resolves when the next slice begins. */
  async next(): Promise<void> {
    if (!this.#isUnderWay) {
      await place(this.#queue);
      this.#isUnderWay = true;
    }
    await new Promise<void>((resolve) => {
      if (inTurn.push(resolve) === 1) setImmediate(beginNext);
    });
    this.#end = performance.now() + SLICE;
  }

  /** `inSlices` calls it when the job is done. */
  end(): void {
    const wasUnderWay = this.#isUnderWay;
    this.#isUnderWay = true; // whatever still asks for a slice takes no place, which nobody would give back
    if (!wasUnderWay) return;
    const other = finishing.shift() ?? starting.shift();
    if (other === undefined) jobs--;
    else other();
  }
}

async function place(queue: (() => void)[]): Promise<void> {
  if (jobs < MAX_JOBS) jobs++;
  else await new Promise<void>((resolve) => queue.push(resolve));
}

/** An immediate that is set by another one runs in the next turn, after the input that has arrived meanwhile. */
function beginNext(): void {
  inTurn.shift()?.();
  if (inTurn.length > 0) setImmediate(beginNext);
}
