import type { EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import type { DeviceTotals, FleetTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis, Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

export interface HistoryQuery {
  /** Only readings after this timestamp: where the page before ended. */
  readonly after?: EpochMillis;
  /** At most this many, at least 1. */
  readonly limit: number;
}

/** Fleet totals of one hour. */
export interface FleetHour {
  /** The hour's start. */
  readonly hour: EpochMillis;
  readonly totals: FleetTotals;
}

/**
 * The history of every reading, and exact sums over it, computed inside the database. Windows are half-open.
 * Reads see every commit that has been acknowledged. Rejects with `StoreUnavailableError` when the store does not
 * answer, and with `OverloadedError` when too many reads are waiting for it.
 */
export interface ColdStore {
  /** One device's readings in the window, oldest first. Takes time in proportion to the window, not to the history. */
  history(kind: Kind, deviceId: string, window: TimeWindow, query: HistoryQuery): Promise<readonly Reading[]>;
  /** Energy, count and sums of one device's readings in the window, exact to the millisecond. */
  deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): Promise<DeviceTotals>;
  /**
   * The energy of each of these devices by the minute or by the hour, as `width` says; buckets without readings are left
   * out, and so are devices without any. The window must consist of whole buckets. Takes time in proportion to the
   * number of devices.
   */
  seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): Promise<ReadonlyMap<string, EnergySeries>>;
  /** The totals of every device of a stream that has readings in the window, which must consist of whole hours. */
  totalsByDevice(kind: Kind, window: TimeWindow): Promise<ReadonlyMap<string, DeviceTotals>>;
  /** Energy and count of each stream. The window must consist of whole minutes. */
  fleetTotals(window: TimeWindow): Promise<FleetTotals>;
  /** The hours of the window that have readings, oldest first. The window must consist of whole hours. */
  fleetHours(window: TimeWindow): Promise<readonly FleetHour[]>;
}
