import type { Reading } from '#domain/reading/reading';
import type { EpochMillis } from '#domain/time/time';
import { learnLayout, type ReadingLayout, type StreamFields } from './reading-layout.ts';
import type { ValueScanner } from './value-scanner.ts';

/** So many are remembered, a kilobyte each at most, and tried for a reading one after another. */
const MOST_LAYOUTS = 8;
/**
 * To learn from a reading that is written in no known way takes about as long as to parse so many bytes of JSON. It is done
 * once for so many bytes that have come: a fleet may be written in more ways than are remembered.
 */
const LEARNING_BYTES = 1_600;
/** A large body, or what has come since the last time, is worth at most so many: its other readings tell little new. */
const MOST_AT_ONCE = 4;

const LINE_FEED = 10;

export interface KnownLayoutsOptions {
  /** Whether a reading may not go over several lines. */
  readonly isLines: boolean;
  readonly learningBytes?: number;
}

/** How readings are written, learned from those that came before, whoever sent them. */
export class KnownLayouts {
  readonly #streams: readonly StreamFields[];
  readonly #isLines: boolean;
  readonly #learningBytes: number;
  readonly #layouts: ReadingLayout[] = [];
  #bytes: number;

  constructor(streams: readonly StreamFields[], { isLines, learningBytes = LEARNING_BYTES }: KnownLayoutsOptions) {
    this.#streams = streams;
    this.#isLines = isLines;
    this.#learningBytes = learningBytes;
    this.#bytes = learningBytes;
  }

  /** Says that a body has come. */
  arrived(bytes: number): void {
    this.#bytes = Math.min(this.#bytes + bytes, MOST_AT_ONCE * this.#learningBytes);
  }

  /** The reading at `start`, when it is valid and written in a known way; `values` is behind it then. */
  read(values: ValueScanner, start: number, receivedAt: EpochMillis): Reading | undefined {
    for (let index = 0; index < this.#layouts.length; index++) {
      const reading = (this.#layouts[index] as ReadingLayout).read(values, start, receivedAt);
      if (reading !== undefined) return reading;
    }
    if (this.#bytes < this.#learningBytes) return undefined;
    this.#bytes -= this.#learningBytes;
    return this.#learn(values, start, receivedAt);
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
