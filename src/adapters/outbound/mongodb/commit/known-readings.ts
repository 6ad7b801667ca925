import type { Collection } from 'mongodb';
import { type Reading, readingKey } from '#domain/reading/reading';
import { type Kind, kinds } from '#domain/streams/streams';
import {
  fromHistoryDocument,
  type HistoryCollections,
  type HistoryDocument,
  historyKey,
} from '../history/history-document.ts';
import type { KnownReadings } from './commit-batch.ts';

/** A key takes about 0.1 ms, so no single statement takes long. */
const KEYS_PER_LOOKUP = 500;

/**
 * Finds the stored readings that have the keys of these readings. Another writer may store one more right afterwards:
 * then the commit's insert fails.
 */
export async function findKnown(history: HistoryCollections, readings: readonly Reading[]): Promise<KnownReadings> {
  const known = new Map<string, Reading>();
  for (const kind of kinds) {
    const ofKind = readings.filter((reading) => reading.kind === kind);
    for (let at = 0; at < ofKind.length; at += KEYS_PER_LOOKUP) {
      const found = await lookUp(history[kind], kind, ofKind.slice(at, at + KEYS_PER_LOOKUP));
      for (const reading of found) known.set(readingKey(reading), reading);
    }
  }
  return known;
}

/** `$in` on a clustered `_id` scans from the smallest to the largest key; `$lookup` seeks each one. */
async function lookUp(
  history: Collection<HistoryDocument>,
  kind: Kind,
  readings: readonly Reading[],
): Promise<readonly Reading[]> {
  const keys = readings.map(({ deviceId, timestamp }) => ({ key: historyKey(kind, deviceId, timestamp) }));
  const found = await history.db
    .aggregate<{ stored: HistoryDocument }>(
      [
        { $documents: keys },
        { $lookup: { from: history.collectionName, localField: 'key', foreignField: '_id', as: 'stored' } },
        { $unwind: '$stored' },
        { $project: { _id: 0, stored: 1 } },
      ],
      { batchSize: readings.length + 1 },
    )
    .toArray();
  return found.map(({ stored }) => fromHistoryDocument(kind, stored));
}
