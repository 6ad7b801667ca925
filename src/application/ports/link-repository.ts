import type { MeterLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

/** The outcome of storing or changing a link. */
export type LinkOutcome =
  | { readonly status: 'stored' }
  /** The same link is already stored. */
  | { readonly status: 'duplicate' }
  /** Another link of the same meter is in the way. */
  | { readonly status: 'overlap'; readonly with: MeterLink };

export interface LinkQuery {
  readonly meterId?: string;
  readonly vehicleId?: string;
  /** Only links whose interval contains this moment. */
  readonly at?: EpochMillis;
  /** Only links whose id sorts after this one. */
  readonly after?: string;
  /** At most this many, at least 1. */
  readonly limit: number;
}

/**
 * Which meter feeds which vehicle, and when. Links of one meter never overlap, even when several processes write at
 * once. Writes are durable when they resolve. Rejects with `StoreUnavailableError` when the store does not answer.
 */
export interface LinkRepository {
  /**
   * Stores links one by one, with an outcome for each in their order; a refused link does not affect the others. The
   * cost is proportional to the number of links, however many the meter has. Many are stored in steps, between which
   * commits of readings go on; when it rejects, some of the first may be stored, and adding all again is safe.
   */
  add(links: readonly MeterLink[]): Promise<readonly LinkOutcome[]>;
  /** `undefined` when there is no such link. */
  find(id: string): Promise<MeterLink | undefined>;
  /** Links in the order of their ids (by code unit, as in ASCII). */
  list(query: LinkQuery): Promise<readonly MeterLink[]>;
  /** Sets the end, which must be after the link's `from`; `null` removes it. `undefined` when there is no such link. */
  end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined>;
  /** Deletes a link. Resolves with whether it existed. */
  remove(id: string): Promise<boolean>;
  /**
   * Links that overlap the window, of one vehicle or of all, sorted by vehicle, then `from`, then meter. Links that have
   * long ended cost next to nothing.
   */
  during(window: TimeWindow, vehicleId?: string): Promise<readonly MeterLink[]>;
}
