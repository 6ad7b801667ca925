import type { Db, Document, IndexDescription, ObjectId } from 'mongodb';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { Kind } from '#domain/streams/streams';
import { DAY, type EpochMillis, floorTo } from '#domain/time/time';
import { fleetCollection } from '../fleet/fleet-document.ts';
import { liveCollections } from '../live/device-document.ts';
import { marksCollection } from '../server/marks.ts';

/**
 * Sums of one device in one hour: energy in milliwatt-hours, averaged fields (`batteryTempSum`) in millionths of their
 * unit. The day comes before the device, so that a device's month is thirty short scans. Each computation of an hour has
 * a generation of its own.
 */
interface DeviceHourDocument {
  readonly _id: {
    readonly stream: Kind;
    readonly day: Date;
    readonly device: string;
    readonly hour: Date;
    readonly generation: ObjectId;
  };
  readonly energy: number;
  readonly readings: number;
  readonly least: number;
  readonly most: number;
  /** The minutes of `DeviceTotals`: `minutes`, `shiftedMinutes`, `activeMinutes`; missing in what an older version wrote. */
  readonly [sum: string]: unknown;
}

/** Which computation of an hour counts, which one is in progress, and which ones are left over. */
interface ClosedHourDocument {
  readonly _id: { readonly stream: Kind; readonly hour: Date };
  /** Readings of the hour before the computation began: the sums hold as long as the hour has no more. */
  readonly readings?: number;
  readonly generation?: ObjectId;
  /**
   * The same generation, if its sums have minutes. An older version, which may still run beside this one, publishes
   * generations without changing this.
   */
  readonly withMinutes?: ObjectId;
  /** No other process computes the hour until then, by the server's clock. */
  readonly claim?: { readonly generation: ObjectId; readonly until: Date };
  /** Generations that nobody reads; their documents must be deleted. */
  readonly discarded?: readonly ObjectId[];
}

export type HourCollections = ReturnType<typeof hourCollections>;

/** What sums are computed from and written to. */
export function hourCollections(db: Db) {
  return {
    ...liveCollections(db),
    fleet: fleetCollection(db),
    deviceHours: db.collection<DeviceHourDocument>('device_hours'),
    closedHours: db.collection<ClosedHourDocument>('closed_hours'),
    marks: marksCollection(db),
  };
}

export const CLOSED_HOUR_INDEXES: IndexDescription[] = [{ key: { discarded: 1 }, sparse: true }];

/** Of how many readings the sums of an hour are, if they have minutes. Otherwise 0: they have to be computed again. */
export const COUNTED_READINGS: Document = {
  $cond: [{ $eq: ['$withMinutes', '$generation'] }, { $ifNull: ['$readings', 0] }, 0],
};

export function countedReadings(hour: ClosedHourDocument | null): number {
  const { generation, withMinutes, readings = 0 } = hour ?? {};
  return generation !== undefined && withMinutes?.equals(generation) === true ? readings : 0;
}

export function closedHourId({ kind, hour }: StreamHour): ClosedHourDocument['_id'] {
  return { stream: kind, hour: new Date(hour) };
}

/** Filters the sums of a stream. */
export function streamRange(stream: Kind): Document {
  return { _id: { $gte: { stream }, $lt: { stream: `${stream}\0` } } };
}

/** Filters the sums of one device, or of all devices, in the day that contains `time`. */
export function dayRange(stream: Kind, time: EpochMillis, device?: string): Document {
  const day = new Date(floorTo(DAY, time));
  if (device === undefined) {
    return { _id: { $gte: { stream, day }, $lt: { stream, day: new Date(day.getTime() + DAY) } } };
  }
  const begin = { stream, day, device };
  return { _id: { $gte: begin, $lt: { ...begin, hour: new Date(day.getTime() + DAY) } } };
}
