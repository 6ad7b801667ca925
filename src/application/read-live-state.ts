import { ageSeconds, freshWindow, isStale } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import type { Clock } from './ports/clock.ts';
import type { HotStore, LivePageQuery } from './ports/hot-store.ts';

/** The newest reading of a device and how old it is now. */
export interface LiveState {
  readonly reading: Reading;
  /** `null` when the reading's timestamp is too far ahead of the clock to be right. */
  readonly ageSeconds: number | null;
  readonly stale: boolean;
}

export interface LivePage {
  /** In the order of their ids. */
  readonly devices: readonly LiveState[];
  /** The id to continue after, or `null` on the last page. A page may be short, or even empty, with others to follow. */
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

  /** `stale` keeps only the devices that are stale, or only those that are not. Rejects like the hot store. */
  async list(
    kind: Kind,
    { stale, ...page }: Omit<LivePageQuery, 'filter'> & { readonly stale?: boolean },
  ): Promise<LivePage> {
    const now = this.#clock.now();
    const filter = stale !== undefined && { filter: { window: freshWindow(now), inside: !stale } };
    const { readings, next } = await this.#hot.page(kind, { ...page, ...filter });
    return { devices: readings.map((reading) => liveState(reading, now)), next };
  }
}

function liveState(reading: Reading, now: EpochMillis): LiveState {
  const { timestamp } = reading;
  return { reading, ageSeconds: ageSeconds(timestamp, now), stale: isStale(timestamp, now) };
}
