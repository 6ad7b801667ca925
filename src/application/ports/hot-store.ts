import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';

export interface LivePageQuery {
  /** Only devices whose id sorts after this one. */
  readonly after?: string;
  /** At most this many, at least 1. */
  readonly limit: number;
  /** Only devices whose newest reading is older than this. */
  readonly olderThan?: EpochMillis;
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
  /** One reading per device, the newest, in the order of device ids (by code unit, as in ASCII). */
  page(kind: Kind, query: LivePageQuery): Promise<readonly Reading[]>;
}
