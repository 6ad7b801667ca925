import pTimeout from 'p-timeout';
import type { HotStore } from '#application/ports/hot-store';
import type { Logger } from '#application/ports/logger';
import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { type EpochMillis, type Millis, SECOND } from '#domain/time/time';
import { CommitLoad } from './commit-load.ts';
import { type LiveDocumentCollections, moveForward } from './live-document.ts';
import { LiveSweep } from './live-sweep.ts';
import { PacedLoop, type Step } from './paced-loop.ts';
import { PendingReadings } from './pending-readings.ts';

/** Documents of a stream written in one step: takes some 15 ms, and commits get their turn in between. */
const DOCUMENTS_PER_STEP = 200;
/** Closing writes what is pending without pauses, some 5,000 documents in this time. The next start writes the rest. */
const CLOSE_TIMEOUT: Millis = 0.5 * SECOND;

/**
 * Shows live state in the database: one document per device, a moment behind the commits, which never wait for it and
 * never fail because of it. A document never moves back and never shows what is not committed.
 *
 * What a crash leaves behind, the sweep at the next start writes.
 */
export class LiveProjection {
  readonly #documents: LiveDocumentCollections;
  readonly #pending: PendingReadings;
  readonly #sweep: LiveSweep;
  readonly #loop: PacedLoop;
  readonly #logger: Logger | undefined;
  readonly #commits = new CommitLoad();

  /** `hot` answers from the history. */
  constructor(
    documents: LiveDocumentCollections,
    hot: HotStore,
    logger: Logger | undefined,
    pending = new PendingReadings(),
  ) {
    this.#documents = documents;
    this.#pending = pending;
    const load = () => this.#commits.at(performance.now());
    // A sweep ends, and what a crash left behind must be right within a minute, so it does not slow down at full load.
    const loadForSweep = () => {
      const now = load();
      return now === 'full' ? 'normal' : now;
    };
    this.#sweep = new LiveSweep(hot, documents, loadForSweep, logger);
    this.#loop = new PacedLoop('write live documents', () => this.#step(), load, logger);
    this.#logger = logger;
  }

  /** Compares all documents with the history, once, and writes those that are missing or behind. */
  sweep(): void {
    this.#sweep.demand();
  }

  /** Takes note of readings, which must be committed. If there are too many devices, a sweep finds the others. */
  note(readings: readonly Reading[]): void {
    this.#commits.note(readings.length, performance.now());
    if (!this.#pending.add(readings)) this.sweep();
    this.#loop.request();
  }

  /** How long the reading that has waited longest for its document has been here; 0 when none waits. */
  lag(now: EpochMillis): Millis {
    const waiting = kinds.flatMap((kind) => this.#pending.first(kind, 1));
    return Math.max(0, ...waiting.map(({ receivedAt }) => now - receivedAt));
  }

  /** Writes what is pending, as far as the server takes it within half a second. */
  async close(): Promise<void> {
    const written = Promise.all([this.#sweep.stop(), this.#loop.stop()]).then(() => this.#writeAll());
    await pTimeout(written, { milliseconds: CLOSE_TIMEOUT, message: false }).catch((error) => {
      this.#logger?.warn('failed to write live documents before closing; the next start will', { error });
    });
  }

  async #writeAll(): Promise<void> {
    while ((await this.#step()).isMore);
  }

  /** Writes the documents that have waited longest. */
  async #step(): Promise<Step> {
    let devices = 0;
    for (const kind of kinds) {
      const readings = this.#pending.first(kind, DOCUMENTS_PER_STEP);
      await moveForward(this.#documents[kind], readings);
      this.#pending.written(readings);
      devices += readings.length;
    }
    return { devices, isMore: !this.#pending.isEmpty };
  }
}
