import type { Reading } from '#domain/reading';
import type { Kind } from '#domain/streams';
import { fromFields, type ReadingFields, toFields } from './reading-fields.ts';

/** The newest reading of a device. */
export interface LiveDocument extends ReadingFields {
  /** The device's id. */
  readonly _id: string;
  readonly timestamp: Date;
}

export function toLiveDocument(reading: Reading): LiveDocument {
  return { _id: reading.deviceId, timestamp: new Date(reading.timestamp), ...toFields(reading) };
}

export function fromLiveDocument(kind: Kind, document: LiveDocument): Reading {
  return fromFields(kind, document._id, document.timestamp.getTime(), document);
}
