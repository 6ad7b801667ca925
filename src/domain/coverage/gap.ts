import { type EpochMillis, floorTo, MINUTE, type Millis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';

/** Whole minutes `[from, to)` in which a device was silent. */
export interface Gap extends TimeWindow {
  readonly missing: number;
}

/**
 * Finds the gaps of a device in a window of whole minutes. To each minute belong the readings from `shift` before its
 * start to `shift` before its end, where `shift` is the device's `minuteShift`.
 */
export class GapFinder {
  readonly #shift: Millis;
  readonly #to: EpochMillis;
  /** The first minute without a reading so far. */
  #next: EpochMillis;

  constructor({ from, to }: TimeWindow, shift: Millis) {
    this.#shift = shift;
    this.#next = from;
    this.#to = to;
  }

  /** Takes the next timestamp; they come in ascending order. Returns the gap that it ends, if any. */
  see(timestamp: EpochMillis): Gap | undefined {
    const minute = floorTo(MINUTE, timestamp + this.#shift);
    const gap = gapBetween(this.#next, minute);
    this.#next = Math.max(this.#next, minute + MINUTE);
    return gap;
  }

  /** Returns the gap from the last reading to the end of the window, if any. */
  end(): Gap | undefined {
    return gapBetween(this.#next, this.#to);
  }
}

function gapBetween(from: EpochMillis, to: EpochMillis): Gap | undefined {
  return from < to ? { from, to, missing: (to - from) / MINUTE } : undefined;
}
