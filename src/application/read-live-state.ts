import { ageSeconds, isStale, STALE_AFTER } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { pageOf } from './page.ts';
import type { Clock } from './ports/clock.ts';
import type { HotStore, LivePageQuery } from './ports/hot-store.ts';

/** The newest reading of a device and how old it is now. */
export interface LiveState {
  readonly reading: Reading;
  readonly ageSeconds: number;
  readonly stale: boolean;
}

export interface LivePage {
  /** In the order of their ids. */
  readonly devices: readonly LiveState[];
  /** The id to continue after, or `null` on the last page. */
  readonly next: string | null;
}

/** Returns the live state of one device. */
export class ReadLiveState {
  readonly #hot: HotStore;
  readonly #clock: Clock;

  constructor(hot: HotStore, clock: Clock) {
    this.#hot = hot;
    this.#clock = clock;
  }

  /** `undefined` when no reading of the device was ever stored. Rejects like the hot store. */
  async read(kind: Kind, deviceId: string): Promise<LiveState | undefined> {
    const reading = await this.#hot.newest(kind, deviceId);
    return reading && liveState(reading, this.#clock.now());
  }
}

/** Lists the live states of a stream's devices, page by page. */
export class ListLiveStates {
  readonly #hot: HotStore;
  readonly #clock: Clock;

  constructor(hot: HotStore, clock: Clock) {
    this.#hot = hot;
    this.#clock = clock;
  }

  /** `stale` keeps only the devices that have gone quiet. Rejects like the hot store. */
  async list(
    kind: Kind,
    { stale, ...page }: Omit<LivePageQuery, 'olderThan'> & { stale?: boolean },
  ): Promise<LivePage> {
    const now = this.#clock.now();
    const olderThan = stale ? { olderThan: now - STALE_AFTER } : {};
    const found = await this.#hot.page(kind, { ...page, ...olderThan, limit: page.limit + 1 });
    const { items, next } = pageOf(found, page.limit, ({ deviceId }) => deviceId);
    return { devices: items.map((reading) => liveState(reading, now)), next };
  }
}

function liveState(reading: Reading, now: EpochMillis): LiveState {
  const { timestamp } = reading;
  return { reading, ageSeconds: ageSeconds(timestamp, now), stale: isStale(timestamp, now) };
}
