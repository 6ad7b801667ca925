import type { EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import type { DeviceTotals, FleetTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import type { EpochMillis, Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

export interface HistoryQuery {
  /** Only readings after this timestamp, the last one of the previous page. */
  readonly after?: EpochMillis;
  /** At most this many, at least 1. */
  readonly limit: number;
}

/** The fleet's totals in one hour. */
export interface FleetHour {
  /** The hour's start. */
  readonly hour: EpochMillis;
  readonly totals: FleetTotals;
}

/**
 * The history of all readings, and exact sums over it, computed inside the database. Windows are half-open.
 * Every read sees all commits acknowledged before it. Rejects with `StoreUnavailableError` when the store does not
 * answer, and with `OverloadedError` when too many reads are waiting for it.
 */
export interface ColdStore {
  /** One device's readings in the window, oldest first. The cost depends on the window, not on the whole history. */
  history(kind: Kind, deviceId: string, window: TimeWindow, query: HistoryQuery): Promise<readonly Reading[]>;
  /**
   * Energy, number, minutes and sums of one device's readings in the window, whose edges count to the millisecond. Minutes
   * are counted hour by hour, see `DeviceTotals`.
   */
  deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): Promise<DeviceTotals>;
  /**
   * The energy of each of these devices in buckets of `width`, which is `MINUTE` or `HOUR`. Buckets without readings
   * are left out, and so are devices without any. The window must consist of whole buckets. The cost is proportional to
   * the number of devices.
   */
  seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): Promise<ReadonlyMap<string, EnergySeries>>;
  /** The totals of every device of a stream with readings in the window. The window must consist of whole hours. */
  totalsByDevice(kind: Kind, window: TimeWindow): Promise<ReadonlyMap<string, DeviceTotals>>;
  /** Energy and number of readings of each stream. The window must consist of whole minutes. */
  fleetTotals(window: TimeWindow): Promise<FleetTotals>;
  /** The hours of the window that have readings, oldest first. The window must consist of whole hours. */
  fleetHours(window: TimeWindow): Promise<readonly FleetHour[]>;
}
