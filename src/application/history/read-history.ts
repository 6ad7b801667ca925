import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin } from '../horizon.ts';
import type { HistoryQuery } from '../ports/cold-store.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'retention'>;

export interface HistoryPage {
  /** Oldest first. */
  readonly readings: readonly Reading[];
  /** The timestamp to continue after, or `null` on the last page. */
  readonly next: EpochMillis | null;
  /** The beginning of the history that is kept, when the window reaches past it. */
  readonly horizon?: EpochMillis;
}

/** Gives one device's readings page by page. */
export class ReadHistory {
  readonly #store: Ports;

  constructor(store: Ports) {
    this.#store = store;
  }

  /** `undefined` when the device was never seen. The window is aligned outward to whole minutes. */
  async read(
    kind: Kind,
    deviceId: string,
    requested: TimeWindow,
    query: HistoryQuery,
  ): Promise<HistoryPage | undefined> {
    const { cold, hot, retention } = this.#store;
    const window = alignOutward(requested);
    const [found, horizon] = await Promise.all([
      cold.history(kind, deviceId, window, { ...query, limit: query.limit + 1 }),
      horizonWithin(retention, window),
    ]);
    if (found.length === 0 && (await hot.newest(kind, deviceId)) === undefined) return undefined;
    const readings = found.slice(0, query.limit);
    const last = found.length > readings.length ? readings.at(-1) : undefined;
    return { readings, next: last?.timestamp ?? null, ...horizon };
  }
}

/** Readings held at once while a history is streamed: a fraction of a megabyte, and few questions a second. */
const STREAM_PAGE = 2_000;

export interface HistoryStream {
  /** Pages of readings, oldest first, each read when it is asked for. A reader who stops asking costs nothing. */
  readonly pages: AsyncGenerator<readonly Reading[], void, void>;
  /** The beginning of the history that is kept, when the window reaches past it. */
  readonly horizon?: EpochMillis;
}

/** Gives one device's readings from beginning to end, however many there are. */
export class StreamHistory {
  readonly #store: Ports;

  constructor(store: Ports) {
    this.#store = store;
  }

  /** `undefined` when the device was never seen. Asking for a page rejects when the store does not answer. */
  async stream(kind: Kind, deviceId: string, requested: TimeWindow): Promise<HistoryStream | undefined> {
    const window = alignOutward(requested);
    const [newest, horizon] = await Promise.all([
      this.#store.hot.newest(kind, deviceId),
      horizonWithin(this.#store.retention, window),
    ]);
    if (newest === undefined) return undefined;
    return { pages: this.#pages(kind, deviceId, window), ...horizon };
  }

  async *#pages(kind: Kind, deviceId: string, window: TimeWindow): AsyncGenerator<readonly Reading[], void, void> {
    for (let query: HistoryQuery = { limit: STREAM_PAGE }; ; ) {
      const readings = await this.#store.cold.history(kind, deviceId, window, query);
      const last = readings.at(-1);
      if (last === undefined) return;
      yield readings;
      if (readings.length < STREAM_PAGE) return;
      query = { limit: STREAM_PAGE, after: last.timestamp };
    }
  }
}
