import type { Collection, Db } from 'mongodb';
import { type ByKind, byKind } from '#domain/streams/streams';
import { type HistoryCollections, historyCollections } from '../history/history-document.ts';

/** A device, and where to find its newest reading in the history. */
export interface DeviceDocument {
  /** The device's id. */
  readonly _id: string;
  /** The hour of its newest reading, written in the same commit as the first reading of that hour. */
  readonly hour: Date;
}

/** Where live state is looked up. */
export interface LiveCollections {
  readonly history: HistoryCollections;
  readonly devices: ByKind<Collection<DeviceDocument>>;
}

export function liveCollections(db: Db): LiveCollections {
  return { history: historyCollections(db), devices: byKind((kind) => db.collection(`${kind}_devices`)) };
}
