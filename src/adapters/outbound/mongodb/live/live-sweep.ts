import type { HotStore } from '#application/ports/hot-store';
import type { Logger } from '#application/ports/logger';
import type { Reading } from '#domain/reading/reading';
import { type Kind, kinds } from '#domain/streams/streams';
import type { Load } from './commit-load.ts';
import { type LiveDocumentCollections, moveForward } from './live-document.ts';
import { PacedLoop, type Step } from './paced-loop.ts';

/** Devices compared in one step: takes some 15 ms. */
const DEVICES_PER_STEP = 200;

/**
 * Compares the live documents of all devices with their newest readings, some devices at a time, and writes those that
 * are missing or behind.
 */
export class LiveSweep {
  readonly #hot: HotStore;
  readonly #documents: LiveDocumentCollections;
  readonly #logger: Logger | undefined;
  readonly #loop: PacedLoop;
  #isDue = false;
  #remaining: readonly Kind[] = [];
  /** The last device compared. */
  #after: string | undefined;
  #written = 0;

  constructor(hot: HotStore, documents: LiveDocumentCollections, load: () => Load, logger: Logger | undefined) {
    this.#hot = hot;
    this.#documents = documents;
    this.#logger = logger;
    this.#loop = new PacedLoop('compare live documents with the history', () => this.#step(), load, logger);
  }

  /** Begins a sweep, after the one in progress if there is one. */
  demand(): void {
    this.#isDue = true;
    this.#loop.request();
  }

  /** Resolves when the step in progress has ended. */
  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Compares the next devices. Can be repeated when it rejects. */
  async #step(): Promise<Step> {
    if (this.#remaining.length === 0) this.#begin();
    const [kind, ...others] = this.#remaining;
    if (kind === undefined) return { devices: 0, isMore: false };
    const page = { limit: DEVICES_PER_STEP, ...(this.#after !== undefined && { after: this.#after }) };
    const { readings, next } = await this.#hot.page(kind, page);
    const behind = await this.#behind(kind, readings);
    await moveForward(this.#documents[kind], behind);

    this.#written += behind.length;
    this.#after = next ?? undefined;
    if (this.#after === undefined) this.#remaining = others;
    if (this.#remaining.length === 0) this.#report();
    return { devices: readings.length, isMore: this.#remaining.length > 0 || this.#isDue };
  }

  #begin(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#remaining = kinds;
    this.#written = 0;
  }

  #report(): void {
    const level = this.#written > 0 ? 'info' : 'debug';
    this.#logger?.[level]('compared live documents with the history', { written: this.#written });
  }

  /** Those of the newest readings that are newer than their devices' documents. */
  async #behind(kind: Kind, newest: readonly Reading[]): Promise<readonly Reading[]> {
    const ids = newest.map(({ deviceId }) => deviceId);
    const documents = await this.#documents[kind]
      .find({ _id: { $in: ids } }, { projection: { timestamp: 1 }, batchSize: ids.length + 1 })
      .toArray();
    // A document that somebody damaged has no time, or another type: it counts as behind.
    const shown = new Map(documents.map(({ _id, timestamp }) => [_id, Number(timestamp)]));
    return newest.filter(({ deviceId, timestamp }) => !((shown.get(deviceId) ?? Number.NaN) >= timestamp));
  }
}
