import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import { pageOf } from '../page.ts';
import type { HistoryQuery } from '../ports/cold-store.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'upkeep'>;

export interface HistoryPage extends WithHorizon {
  /** Oldest first. */
  readonly readings: readonly Reading[];
  /** The timestamp to continue after, or `null` on the last page. */
  readonly next: EpochMillis | null;
}

/** Returns the readings of one device, page by page. */
export class ReadHistory {
  readonly #store: Ports;

  constructor(store: Ports) {
    this.#store = store;
  }

  /**
   * The window is aligned outward to whole minutes. `undefined` when no reading of the device was ever stored. Rejects
   * like the store.
   */
  async read(
    kind: Kind,
    deviceId: string,
    requested: TimeWindow,
    query: HistoryQuery,
  ): Promise<HistoryPage | undefined> {
    const { cold, hot, upkeep } = this.#store;
    const window = alignOutward(requested);
    const [found, horizon] = await Promise.all([
      cold.history(kind, deviceId, window, { ...query, limit: query.limit + 1 }),
      horizonWithin(upkeep, window),
    ]);
    if (found.length === 0 && !(await hot.knows(kind, deviceId))) return undefined;
    const { items, next } = pageOf(found, query.limit, ({ timestamp }) => timestamp);
    return { readings: items, next, ...horizon };
  }
}
