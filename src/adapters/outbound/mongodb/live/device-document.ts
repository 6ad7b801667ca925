import type { Db } from 'mongodb';
import { byKind } from '#domain/streams/streams';
import { historyCollections } from '../history/history-document.ts';

/** A device, and where to find its newest reading in the history. */
export interface DeviceDocument {
  /** The device's id. */
  readonly _id: string;
  /** The hour of its newest reading, written in the same commit as the first reading of that hour. */
  readonly hour: Date;
}

export type LiveCollections = ReturnType<typeof liveCollections>;

/** Where live state is looked up. */
export function liveCollections(db: Db) {
  const devices = byKind((kind) => db.collection<DeviceDocument>(`${kind}_devices`));
  return { history: historyCollections(db), devices };
}
