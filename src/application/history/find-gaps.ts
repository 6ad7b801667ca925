import { type Gap, GapFinder } from '#domain/coverage/gap';
import type { Kind } from '#domain/streams/streams';
import { ceilTo, type EpochMillis, floorTo, MINUTE } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin } from '../horizon.ts';
import type { Clock } from '../ports/clock.ts';
import type { HistoryQuery } from '../ports/cold-store.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'retention'>;

/** Readings looked through at once. */
const SEARCH_PAGE = 5_000;

export interface GapPage {
  /** The window used: whole minutes that are over. */
  readonly window: TimeWindow;
  readonly gaps: readonly Gap[];
  /** The time to continue at, or `null` on the last page. */
  readonly next: EpochMillis | null;
  /** The beginning of the history that is kept, when the window reaches past it: no gap is told before it. */
  readonly horizon?: EpochMillis;
}

/** Tells the minutes in which a device was silent: what it has to send again. */
export class FindGaps {
  readonly #store: Ports;
  readonly #clock: Clock;

  constructor(store: Ports, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `undefined` when the device was never seen. A page after the first begins at `after`, the `next` of the one before. */
  async find(
    kind: Kind,
    deviceId: string,
    requested: TimeWindow,
    page: { limit: number; after?: EpochMillis },
  ): Promise<GapPage | undefined> {
    const { hot, retention } = this.#store;
    const { from, to } = alignOutward(requested);
    const window = { from, to: Math.max(from, Math.min(to, floorTo(MINUTE, this.#clock.now()))) };
    const [newest, horizon] = await Promise.all([hot.newest(kind, deviceId), horizonWithin(retention, window)]);
    if (newest === undefined) return undefined;

    const begin = ceilTo(MINUTE, Math.max(from, page.after ?? from, horizon?.horizon ?? from));
    const found = await this.#gaps(kind, deviceId, { from: begin, to: window.to }, page.limit + 1);
    const gaps = found.slice(0, page.limit);
    return { window, gaps, next: found.length > gaps.length ? (gaps.at(-1)?.to ?? null) : null, ...horizon };
  }

  async #gaps(kind: Kind, deviceId: string, window: TimeWindow, limit: number): Promise<readonly Gap[]> {
    const gaps: Gap[] = [];
    if (window.from >= window.to) return gaps;
    const finder = new GapFinder(window);
    const found = (gap: Gap | undefined) => gap !== undefined && gaps.push(gap) === limit;
    for (let query: HistoryQuery = { limit: SEARCH_PAGE }; ; ) {
      const readings = await this.#store.cold.history(kind, deviceId, window, query);
      for (const { timestamp } of readings) if (found(finder.see(timestamp))) return gaps;
      const last = readings.at(-1);
      if (last === undefined || readings.length < SEARCH_PAGE) break;
      query = { limit: SEARCH_PAGE, after: last.timestamp };
    }
    found(finder.end());
    return gaps;
  }
}
