import type { Db } from 'mongodb';
import { kwhFromMilliwattHours, milliwattHoursFromKwh } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { storedReading } from '#domain/reading/stored-reading';
import { byKind, type Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { fieldsOf } from './reading-fields.ts';

/**
 * `{ hour, <idField>, timestamp }`, in this order: documents are stored in the order of their keys, so the hour being
 * written stays in memory and a device's readings of one hour are adjacent.
 */
export type HistoryKey = Readonly<Record<string, Date | string>>;

/** A reading: energy in kWh and measured values, named as on the wire. */
export interface HistoryDocument {
  readonly _id: HistoryKey;
  readonly receivedAt: Date;
  readonly [field: string]: unknown;
}

export type HistoryCollections = ReturnType<typeof historyCollections>;

export function historyCollections(db: Db) {
  return byKind((kind) => db.collection<HistoryDocument>(`${kind}_history`));
}

const newDate = (time: EpochMillis): Date => new Date(time);

export function historyKey(kind: Kind, deviceId: string, timestamp: EpochMillis, dateOf = newDate): HistoryKey {
  return {
    hour: dateOf(floorTo(HOUR, timestamp)),
    [fieldsOf[kind].id]: deviceId,
    timestamp: new Date(timestamp),
  };
}

/** Documents for many readings. Equal dates are one object: most readings are of one hour and arrived together. */
export function toHistoryDocuments(readings: readonly Reading[]): HistoryDocument[] {
  const dates = new Map<EpochMillis, Date>();
  const sharedDate = (time: EpochMillis): Date => {
    const known = dates.get(time);
    if (known !== undefined) return known;
    const date = new Date(time);
    dates.set(time, date);
    return date;
  };
  return readings.map((reading) => toHistoryDocument(reading, sharedDate));
}

/** The order of the fields is the order in which they are stored. */
export function toHistoryDocument(reading: Reading, dateOf = newDate): HistoryDocument {
  const { kind, deviceId, timestamp, receivedAt } = reading;
  const { energy, measured } = fieldsOf[kind];
  const document: Record<string, unknown> = { _id: historyKey(kind, deviceId, timestamp, dateOf) };
  document[energy] = kwhFromMilliwattHours(reading.energy);
  for (const field of measured) document[field] = measuredValue(reading, field);
  document.receivedAt = dateOf(receivedAt);
  return document as unknown as HistoryDocument;
}

/** Throws if the document is damaged. */
export function fromHistoryDocument(kind: Kind, document: HistoryDocument): Reading {
  const { id, energy, measured } = fieldsOf[kind];
  const reading: Record<string, unknown> & { kind: Kind; deviceId: string } = {
    kind,
    deviceId: document._id[id] as string,
    timestamp: (document._id.timestamp as Date).getTime(),
    energy: milliwattHoursFromKwh(document[energy] as number),
    receivedAt: document.receivedAt.getTime(),
  };
  for (const field of measured) reading[field] = document[field];
  return storedReading(reading);
}

/** Compares readings by their keys, so that sorted ones are adjacent in the collection. */
export function byHistoryKey(a: Reading, b: Reading): number {
  const hours = floorTo(HOUR, a.timestamp) - floorTo(HOUR, b.timestamp);
  if (hours !== 0) return hours;
  if (a.deviceId !== b.deviceId) return a.deviceId < b.deviceId ? -1 : 1;
  return a.timestamp - b.timestamp;
}
