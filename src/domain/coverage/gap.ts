import { type EpochMillis, floorTo, MINUTE } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';

/** Whole minutes `[from, to)` in which a device was silent. */
export interface Gap extends TimeWindow {
  /** How many minutes. */
  readonly missing: number;
}

/** Finds gaps from timestamps given in ascending order; the window must consist of whole minutes. */
export class GapFinder {
  readonly #to: EpochMillis;
  /** The minute that should come next. */
  #next: EpochMillis;

  constructor({ from, to }: TimeWindow) {
    this.#next = from;
    this.#to = to;
  }

  /** The gap that a reading ends, if it ends one. */
  see(timestamp: EpochMillis): Gap | undefined {
    const minute = floorTo(MINUTE, timestamp);
    const gap = gapBetween(this.#next, minute);
    this.#next = Math.max(this.#next, minute + MINUTE);
    return gap;
  }

  /** The gap from the last reading to the end of the window, if there is one. */
  end(): Gap | undefined {
    return gapBetween(this.#next, this.#to);
  }
}

function gapBetween(from: EpochMillis, to: EpochMillis): Gap | undefined {
  return from < to ? { from, to, missing: (to - from) / MINUTE } : undefined;
}
