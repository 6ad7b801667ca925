import { ageSeconds, isStale, STALE_AFTER } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { Clock } from './ports/clock.ts';
import type { HotStore } from './ports/hot-store.ts';

/** The newest reading of a device and how old it is now. */
export interface LiveState {
  readonly reading: Reading;
  readonly ageSeconds: number;
  readonly stale: boolean;
}

export interface LivePage {
  readonly devices: readonly LiveState[];
  /** The id to continue after, or `null` on the last page. */
  readonly next: string | null;
}

/** Tells the newest state of one device. */
export class ReadLiveState {
  readonly #hot: HotStore;
  readonly #clock: Clock;

  constructor(hot: HotStore, clock: Clock) {
    this.#hot = hot;
    this.#clock = clock;
  }

  /** `undefined` when the device was never seen. */
  async read(kind: Kind, deviceId: string): Promise<LiveState | undefined> {
    const reading = await this.#hot.newest(kind, deviceId);
    return reading && liveState(reading, this.#clock.now());
  }
}

/** Tells the newest state of all devices of a stream, page by page. */
export class ListLiveStates {
  readonly #hot: HotStore;
  readonly #clock: Clock;

  constructor(hot: HotStore, clock: Clock) {
    this.#hot = hot;
    this.#clock = clock;
  }

  /** Devices in the order of their ids. `stale` keeps only those that have gone quiet. */
  async list(kind: Kind, page: { after?: string; limit: number; stale?: boolean }): Promise<LivePage> {
    const now = this.#clock.now();
    const readings = await this.#hot.page(kind, {
      limit: page.limit + 1,
      ...(page.after === undefined ? {} : { after: page.after }),
      ...(page.stale ? { olderThan: now - STALE_AFTER } : {}),
    });
    const shown = readings.slice(0, page.limit);
    const last = readings.length > shown.length ? shown.at(-1) : undefined;
    return { devices: shown.map((reading) => liveState(reading, now)), next: last?.deviceId ?? null };
  }
}

function liveState(reading: Reading, now: number): LiveState {
  const { timestamp } = reading;
  return { reading, ageSeconds: ageSeconds(timestamp, now), stale: isStale(timestamp, now) };
}
