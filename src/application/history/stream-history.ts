import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import type { ColdStore, HistoryQuery } from '../ports/cold-store.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'upkeep'>;

/** Readings in memory at once while a history is streamed: a fraction of a megabyte, and few queries a second. */
const STREAM_PAGE = 2_000;

export interface HistoryStream extends WithHorizon {
  /** Pages of readings, oldest first. Each is read only when requested; asking for one rejects like the cold store. */
  readonly pages: AsyncGenerator<readonly Reading[], void, void>;
}

/** Streams the readings of one device, from the first to the last, in bounded memory. */
export class StreamHistory {
  readonly #store: Ports;

  constructor(store: Ports) {
    this.#store = store;
  }

  /**
   * The window is aligned outward to whole minutes. `undefined` when no reading of the device was ever stored. Rejects
   * like the store.
   */
  async stream(kind: Kind, deviceId: string, requested: TimeWindow): Promise<HistoryStream | undefined> {
    const { cold, hot, upkeep } = this.#store;
    const window = alignOutward(requested);
    const [isKnown, horizon] = await Promise.all([hot.knows(kind, deviceId), horizonWithin(upkeep, window)]);
    if (!isKnown) return undefined;
    return { pages: historyPages(cold, kind, deviceId, window, STREAM_PAGE), ...horizon };
  }
}

/** All readings of a device in the window, oldest first, in pages of at most `limit`; no page is empty. */
export async function* historyPages(
  cold: ColdStore,
  kind: Kind,
  deviceId: string,
  window: TimeWindow,
  limit: number,
): AsyncGenerator<readonly Reading[], void, void> {
  for (let query: HistoryQuery = { limit }; ; ) {
    const readings = await cold.history(kind, deviceId, window, query);
    const last = readings.at(-1);
    if (last === undefined) return;
    yield readings;
    if (readings.length < limit) return;
    query = { limit, after: last.timestamp };
  }
}
