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
 * The newest reading (by its own timestamp) of every device. Reads see every commit that has been acknowledged.
 * Rejects with `StoreUnavailableError` when the store does not answer.
 */
export interface HotStore {
  /** The newest reading of a device, or `undefined` when it was never seen. */
  newest(kind: Kind, deviceId: string): Promise<Reading | undefined>;
  /** Newest readings in the order of device ids (by code unit, as in ASCII), each device once. */
  page(kind: Kind, query: LivePageQuery): Promise<readonly Reading[]>;
}
