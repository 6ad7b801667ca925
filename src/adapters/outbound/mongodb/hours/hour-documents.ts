import type { Collection, Db, Document, IndexDescription, ObjectId } from 'mongodb';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { Kind } from '#domain/streams/streams';
import { DAY, type EpochMillis, floorTo } from '#domain/time/time';
import { type FleetDocument, fleetCollection } from '../fleet/fleet-document.ts';
import { type LiveCollections, liveCollections } from '../live/device-document.ts';
import { type MarkDocument, marksCollection } from '../server/marks.ts';

/**
 * Sums of one device in one hour: energy in milliwatt-hours, averaged fields (`batteryTempSum`) in millionths of their
 * unit. The day comes first, so that a device's month is thirty short scans; the generation tells the computations of an
 * hour apart.
 */
export interface DeviceHourDocument {
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
  readonly [sum: string]: unknown;
}

/** Which computation of an hour counts, who works on the next one, and what is left over from others. */
export interface ClosedHourDocument {
  readonly _id: { readonly stream: Kind; readonly hour: Date };
  /** Readings of the hour before the computation began: the sums hold as long as it has no more. */
  readonly readings?: number;
  readonly generation?: ObjectId;
  /** By the server's clock nobody else computes the hour until then. */
  readonly claim?: { readonly generation: ObjectId; readonly until: Date };
  /** Generations whose documents are to be deleted: nobody reads them any more. */
  readonly discarded?: readonly ObjectId[];
}

/** What sums are computed from and written to. */
export interface HourCollections extends LiveCollections {
  readonly fleet: Collection<FleetDocument>;
  readonly deviceHours: Collection<DeviceHourDocument>;
  readonly closedHours: Collection<ClosedHourDocument>;
  readonly marks: Collection<MarkDocument>;
}

export function hourCollections(db: Db): HourCollections {
  return {
    ...liveCollections(db),
    fleet: fleetCollection(db),
    deviceHours: db.collection('device_hours'),
    closedHours: db.collection('closed_hours'),
    marks: marksCollection(db),
  };
}

export const CLOSED_HOUR_INDEXES: IndexDescription[] = [{ key: { discarded: 1 }, sparse: true }];

export function closedHourId({ kind, hour }: StreamHour): ClosedHourDocument['_id'] {
  return { stream: kind, hour: new Date(hour) };
}

/** The `_id` range of one device, or of all devices, in the day that holds `time`. */
export function dayRange(stream: Kind, time: EpochMillis, device?: string): Document {
  const day = new Date(floorTo(DAY, time));
  if (device === undefined) {
    return { _id: { $gte: { stream, day }, $lt: { stream, day: new Date(day.getTime() + DAY) } } };
  }
  const begin = { stream, day, device };
  return { _id: { $gte: begin, $lt: { ...begin, hour: new Date(day.getTime() + DAY) } } };
}
