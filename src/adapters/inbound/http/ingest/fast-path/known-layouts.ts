import type { Reading } from '#domain/reading/reading';
import type { EpochMillis } from '#domain/time/time';
import { learnLayout, type ReadingLayout, type StreamFields } from './reading-layout.ts';
import type { ValueScanner } from './value-scanner.ts';

/** Layouts remembered, about a kilobyte each; a reading is tried against one after another. */
const MAX_LAYOUTS = 8;
/**
 * What learning a layout takes from the budget: it costs about as much as parsing this much JSON. A fleet may use more
 * layouts than are remembered, so a layout is learned at most once per this many bytes received.
 */
const LEARNING_COST_BYTES = 1_600;
/** The budget is capped at this many layouts: the later readings of a large body rarely bring new ones. */
const MAX_SAVED_LEARNINGS = 4;

const LINE_FEED = 10;

export interface KnownLayoutsOptions {
  /** Whether a reading must stand on one line. */
  readonly isLines: boolean;
  readonly learningCostBytes?: number;
}

/** How readings are written, learned from earlier ones of any sender. */
export class KnownLayouts {
  readonly #streams: readonly StreamFields[];
  readonly #isLines: boolean;
  readonly #learningCost: number;
  readonly #layouts: ReadingLayout[] = [];
  #budget: number;

  constructor(
    streams: readonly StreamFields[],
    { isLines, learningCostBytes = LEARNING_COST_BYTES }: KnownLayoutsOptions,
  ) {
    this.#streams = streams;
    this.#isLines = isLines;
    this.#learningCost = learningCostBytes;
    this.#budget = learningCostBytes;
  }

  /** Adds the bytes of a body to the learning budget. */
  addBudget(bytes: number): void {
    this.#budget = Math.min(this.#budget + bytes, MAX_SAVED_LEARNINGS * this.#learningCost);
  }

  /** The reading at `start` if it is valid and its layout known; `values` is then positioned after it. */
  read(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    for (let index = 0; index < this.#layouts.length; index++) {
      const reading = (this.#layouts[index] as ReadingLayout).read(values, start, receivedAt);
      if (reading !== undefined) return reading;
    }
    if (this.#budget < this.#learningCost) return undefined;
    this.#budget -= this.#learningCost;
    return this.#learn(values, start, receivedAt);
  }

  /** A layout that cannot read its own reading is dropped: the reading is not valid, and its layout may be known. */
  #learn(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    const layout = learnLayout(values.bytes, start, this.#streams);
    if (layout === undefined || (this.#isLines && layout.fixedBytes.includes(LINE_FEED))) return undefined;
    const reading = layout.read(values, start, receivedAt);
    if (reading === undefined) return undefined;
    this.#layouts.unshift(layout);
    if (this.#layouts.length > MAX_LAYOUTS) this.#layouts.pop();
    return reading;
  }
}
