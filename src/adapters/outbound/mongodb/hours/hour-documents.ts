import type { Document, ObjectId } from 'mongodb';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { Kind } from '#domain/streams/streams';
import { DAY, type EpochMillis, floorTo } from '#domain/time/time';

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
