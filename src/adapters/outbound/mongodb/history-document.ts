import type { Reading } from '#domain/reading';
import type { Kind } from '#domain/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time';
import { fieldsOf, fromFields, type ReadingFields, toFields } from './reading-fields.ts';

/**
 * `{ hour, <idField>, timestamp }`, in this order: documents lie in the order of their keys, so that the hour being
 * written stays in memory, and one device's readings of one hour lie side by side.
 */
export type HistoryKey = Readonly<Record<string, Date | string>>;

export interface HistoryDocument extends ReadingFields {
  readonly _id: HistoryKey;
}

export function historyKey(kind: Kind, deviceId: string, timestamp: EpochMillis): HistoryKey {
  return {
    hour: new Date(floorTo(HOUR, timestamp)),
    [fieldsOf[kind].id]: deviceId,
    timestamp: new Date(timestamp),
  };
}

export function toHistoryDocument(reading: Reading): HistoryDocument {
  return { _id: historyKey(reading.kind, reading.deviceId, reading.timestamp), ...toFields(reading) };
}

export function fromHistoryDocument(kind: Kind, document: HistoryDocument): Reading {
  const deviceId = document._id[fieldsOf[kind].id] as string;
  return fromFields(kind, deviceId, (document._id.timestamp as Date).getTime(), document);
}

/** Readings in the order of their keys: one after another in the collection. */
export function byHistoryKey(a: Reading, b: Reading): number {
  const hours = floorTo(HOUR, a.timestamp) - floorTo(HOUR, b.timestamp);
  if (hours !== 0) return hours;
  if (a.deviceId !== b.deviceId) return a.deviceId < b.deviceId ? -1 : 1;
  return a.timestamp - b.timestamp;
}
