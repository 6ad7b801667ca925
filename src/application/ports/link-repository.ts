import type { MeterLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

/** What became of a link that was to be kept. */
export type LinkOutcome =
  | { readonly status: 'stored' }
  /** The very same link is there already. */
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
 * Which meter feeds which vehicle when. The rule that a meter's links never overlap holds whatever is written at once,
 * by however many processes. Writes are durable when they resolve. Rejects with `StoreUnavailableError` when the store
 * does not answer.
 */
export interface LinkRepository {
  /** Keeps links one by one: an outcome each, in their order; a link that is refused does not hold back the others. */
  add(links: readonly MeterLink[]): Promise<readonly LinkOutcome[]>;
  find(id: string): Promise<MeterLink | undefined>;
  /** Links in the order of their ids (by code unit, as in ASCII). */
  list(query: LinkQuery): Promise<readonly MeterLink[]>;
  /** Sets or takes away the end of a link; `undefined` when there is no such link. `to` lies after the link's `from`. */
  end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined>;
  /** Whether there was such a link. */
  remove(id: string): Promise<boolean>;
  /** Links whose interval meets the window, of one vehicle or of all, in the order of vehicle, `from` and meter. */
  during(window: TimeWindow, vehicleId?: string): Promise<readonly MeterLink[]>;
}
