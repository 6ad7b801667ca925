import { minuteShift } from '#domain/coverage/coverage';
import { type Gap, GapFinder } from '#domain/coverage/gap';
import type { Kind } from '#domain/streams/streams';
import { ceilTo, type EpochMillis, floorTo, MINUTE, type Millis } from '#domain/time/time';
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

/**
 * Lists the minutes in which a device was silent: what it has to send again. Minutes are those of its coverage, so one
 * that posts at the full minute, give or take some seconds, misses none.
 */
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
    const { cold, hot, upkeep } = this.#store;
    const { from, to } = alignOutward(requested);
    const window = { from, to: Math.max(from, Math.min(to, floorTo(MINUTE, this.#clock.now()))) };
    const [isKnown, horizon, totals] = await Promise.all([
      hot.knows(kind, deviceId),
      horizonWithin(upkeep, window),
      cold.deviceTotals(kind, deviceId, window), // of the whole window: every page counts the same minutes
    ]);
    if (!isKnown) return undefined;

    const shift = minuteShift(totals);
    const stored = (horizon.horizon ?? -Infinity) + shift; // no minute whose first readings may have been dropped
    const begin = ceilTo(MINUTE, Math.max(from, page.after ?? from, stored));
    const found = await this.#gaps(kind, deviceId, { from: begin, to: window.to }, shift, page.limit + 1);
    const { items, next } = pageOf(found, page.limit, ({ to }) => to);
    return { window, gaps: items, next, ...horizon };
  }

  async #gaps(kind: Kind, deviceId: string, window: TimeWindow, shift: Millis, limit: number): Promise<readonly Gap[]> {
    const gaps: Gap[] = [];
    if (window.from >= window.to) return gaps;
    const finder = new GapFinder(window, shift);
    const readingsWithin = { from: window.from - shift, to: window.to - shift };
    const isEnough = (gap: Gap | undefined) => gap !== undefined && gaps.push(gap) === limit;
    for await (const readings of historyPages(this.#store.cold, kind, deviceId, readingsWithin, SEARCH_PAGE)) {
      if (readings.some(({ timestamp }) => isEnough(finder.see(timestamp)))) return gaps;
    }
    isEnough(finder.end());
    return gaps;
  }
}
