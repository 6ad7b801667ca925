import type { EpochMillis } from '#domain/time/time';

/**
 * Drops old history, in whole hours and never reading by reading. Rejects with `StoreUnavailableError` when the store
 * does not answer.
 *
 * Of a dropped hour remain:
 * - the sums of each device (energy, readings, minutes, averaged fields; smallest and largest energy), which are final: they
 *   count in `deviceTotals` and `totalsByDevice` over windows that contain the whole hour, and in hourly series;
 * - the fleet's totals, by the minute;
 * - the live state of devices that have sent nothing since.
 *
 * Gone are the readings: `history`, series by the minute, and device totals over windows that cut the hour do not see
 * them. Neither can a duplicate of one be recognized, so the engine refuses readings from before the horizon. If
 * another process commits one all the same, it is `stored`, may become live state and counts in the fleet's totals, but
 * not in the device's sums or history.
 */
export interface Retention {
  /** Where the stored history begins: anything older may be gone. `undefined` when nothing was ever dropped. */
  horizon(): Promise<EpochMillis | undefined>;
  /**
   * Drops the history before `before`, the start of an hour, but not past the first unclosed hour, so that no hour is
   * dropped without its sums. Resolves with the horizon reached; ingestion continues meanwhile. When `signal` aborts,
   * stops early and resolves with the horizon reached by then; the next call continues from there.
   */
  dropBefore(before: EpochMillis, signal?: AbortSignal): Promise<EpochMillis>;
}
