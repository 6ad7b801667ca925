import { type Gap, GapFinder } from '#domain/coverage/gap';
import type { Kind } from '#domain/streams/streams';
import { ceilTo, type EpochMillis, floorTo, MINUTE } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import { pageOf } from '../page.ts';
import type { Clock } from '../ports/clock.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { historyPages } from './stream-history.ts';

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'upkeep'>;

/** Readings read from the store at once. */
const SEARCH_PAGE = 5_000;

/** With a horizon, no gaps are reported before it. */
export interface GapPage extends WithHorizon {
  /** The window searched: whole minutes that are over. */
  readonly window: TimeWindow;
  /** Oldest first. */
  readonly gaps: readonly Gap[];
  /** The time to continue at, or `null` on the last page. */
  readonly next: EpochMillis | null;
}

/** Lists the minutes in which a device was silent: what it has to send again. */
export class FindGaps {
  readonly #store: Ports;
  readonly #clock: Clock;

  constructor(store: Ports, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * `after` is the previous page's `next`. `undefined` when no reading of the device was ever stored. Rejects like the
   * store.
   */
  async find(
    kind: Kind,
    deviceId: string,
    requested: TimeWindow,
    page: { limit: number; after?: EpochMillis },
  ): Promise<GapPage | undefined> {
    const { hot, upkeep } = this.#store;
    const { from, to } = alignOutward(requested);
    const window = { from, to: Math.max(from, Math.min(to, floorTo(MINUTE, this.#clock.now()))) };
    const [isKnown, horizon] = await Promise.all([hot.knows(kind, deviceId), horizonWithin(upkeep, window)]);
    if (!isKnown) return undefined;

    const begin = ceilTo(MINUTE, Math.max(from, page.after ?? from, horizon.horizon ?? from));
    const found = await this.#gaps(kind, deviceId, { from: begin, to: window.to }, page.limit + 1);
    const { items, next } = pageOf(found, page.limit, ({ to }) => to);
    return { window, gaps: items, next, ...horizon };
  }

  async #gaps(kind: Kind, deviceId: string, window: TimeWindow, limit: number): Promise<readonly Gap[]> {
    const gaps: Gap[] = [];
    if (window.from >= window.to) return gaps;
    const finder = new GapFinder(window);
    const isEnough = (gap: Gap | undefined) => gap !== undefined && gaps.push(gap) === limit;
    for await (const readings of historyPages(this.#store.cold, kind, deviceId, window, SEARCH_PAGE)) {
      if (readings.some(({ timestamp }) => isEnough(finder.see(timestamp)))) return gaps;
    }
    isEnough(finder.end());
    return gaps;
  }
}
