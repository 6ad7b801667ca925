import type { LiveFilter } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';

/**
 * The most devices that one page examines, so that a filter which hardly any device passes costs no more than some
 * milliseconds, however large the fleet is. A store may examine fewer.
 */
export const MAX_DEVICES_PER_PAGE = 5_000;

export interface LivePageQuery {
  /** Only devices whose id sorts after this one. */
  readonly after?: string;
  /** At most this many readings, at least 1. */
  readonly limit: number;
  /** Only devices whose newest reading passes; all devices when absent. */
  readonly filter?: LiveFilter;
}

/** The newest readings of some devices, in the order of the devices' ids. */
export interface LiveReadings {
  readonly readings: readonly Reading[];
  /** The last device examined, to continue after; `null` when no device sorts after it. */
  readonly next: string | null;
}

/**
 * The live state: the newest reading of every device, by its own timestamp. Every read sees all commits acknowledged
 * before it.
 * Rejects with `StoreUnavailableError` when the store does not answer, and with `StoreDamagedError` when the newest reading
 * of the device, or of one on the page, is damaged.
 */
export interface HotStore {
  /** The newest reading of a device; `undefined` when none was ever stored. */
  newest(kind: Kind, deviceId: string): Promise<Reading | undefined>;
  /** Whether any reading of the device was ever stored; dropping its history does not change that. */
  knows(kind: Kind, deviceId: string): Promise<boolean>;
  /**
   * One reading per device, the newest, in the order of device ids (by code unit, as in ASCII). A page ends at its limit,
   * or after `MAX_DEVICES_PER_PAGE` devices at the latest: with a filter it may be short or even empty although others
   * follow, which `next` shows. Pages do not delay `newest`, `knows` or the health check.
   */
  page(kind: Kind, query: LivePageQuery): Promise<LiveReadings>;
}
