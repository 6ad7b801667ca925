import type { Reading } from '#domain/reading';
import type { EpochMillis } from '#domain/time';
import { learnLayout, type ReadingLayout, type StreamFields } from './reading-layout.ts';
import type { ValueScanner } from './value-scanner.ts';

/** So many are remembered, a kilobyte each at most, and tried for a reading one after another. */
const MOST_LAYOUTS = 8;
/**
 * Of the readings that are written in no known way, one in so many is learned from, the first one to begin with. It takes
 * longer than to parse it, and a fleet may be written in more ways than are remembered.
 */
const LEARNED_ONE_IN = 16;

const LINE_FEED = 10;

export interface KnownLayoutsOptions {
  /** Whether a reading may not go over several lines. */
  readonly isLines: boolean;
  readonly learnedOneIn?: number;
}

/** How readings are written, learned from those that came before, whoever sent them. */
export class KnownLayouts {
  readonly #streams: readonly StreamFields[];
  readonly #isLines: boolean;
  readonly #learnedOneIn: number;
  readonly #layouts: ReadingLayout[] = [];
  #unknown = 0;

  constructor(streams: readonly StreamFields[], { isLines, learnedOneIn = LEARNED_ONE_IN }: KnownLayoutsOptions) {
    this.#streams = streams;
    this.#isLines = isLines;
    this.#learnedOneIn = learnedOneIn;
  }

  /** The reading at `start`, when it is valid and written in a known way; `values` is behind it then. */
  read(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    for (let index = 0; index < this.#layouts.length; index++) {
      const reading = (this.#layouts[index] as ReadingLayout).read(values, start, receivedAt);
      if (reading !== undefined) return reading;
    }
    return this.#unknown++ % this.#learnedOneIn === 0 ? this.#learn(values, start, receivedAt) : undefined;
  }

  /** A layout by which the reading cannot be read is forgotten at once: it may be known, and the reading not valid. */
  #learn(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    const layout = learnLayout(values.bytes, start, this.#streams);
    if (layout === undefined || (this.#isLines && layout.around.includes(LINE_FEED))) return undefined;
    const reading = layout.read(values, start, receivedAt);
    if (reading === undefined) return undefined;
    this.#layouts.unshift(layout);
    if (this.#layouts.length > MOST_LAYOUTS) this.#layouts.pop();
    return reading;
  }
}
