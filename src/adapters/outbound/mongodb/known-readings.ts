import type { Collection } from 'mongodb';
import type { Reading } from '#domain/reading';
import { type Kind, kinds } from '#domain/streams';
import type { Collections } from './collections.ts';
import { type KnownReadings, keyOf } from './commit-batch.ts';
import { fromHistoryDocument, type HistoryDocument, historyKey } from './history-document.ts';
import { fromLiveDocument } from './live-document.ts';

/** Keys a look-up: one takes about 0.1 ms, so that no single statement takes long. */
const KEYS_PER_LOOKUP = 500;

/**
 * Finds which of these readings' keys are in the history already, with the readings that stand there. Another writer may
 * store any of them right after: then the commit's insert says so.
 *
 * What is newer than its device's live state cannot be there, and what is as new is the live state itself; only what is
 * older is looked up. `thorough` looks up all, for a history that somebody has loaded past the engine.
 */
export async function findKnown(
  collections: Collections,
  readings: readonly Reading[],
  thorough: boolean,
): Promise<KnownReadings> {
  const known = new Map<string, Reading>();
  for (const kind of kinds) {
    const ofKind = readings.filter((reading) => reading.kind === kind);
    if (ofKind.length === 0) continue;
    const older = thorough ? ofKind : await olderThanLive(collections, kind, ofKind, known);
    for (let at = 0; at < older.length; at += KEYS_PER_LOOKUP) {
      const found = await lookUp(collections.history[kind], kind, older.slice(at, at + KEYS_PER_LOOKUP));
      for (const reading of found) known.set(keyOf(reading), reading);
    }
  }
  return known;
}

/** The readings that are older than their device's live state; those that are it are added to `known`. */
async function olderThanLive(
  collections: Collections,
  kind: Kind,
  readings: readonly Reading[],
  known: Map<string, Reading>,
): Promise<readonly Reading[]> {
  const newest = await newestByDevice(collections, kind, readings);
  const older: Reading[] = [];
  for (const reading of readings) {
    const live = newest.get(reading.deviceId);
    if (live === undefined || live.timestamp < reading.timestamp) continue;
    if (live.timestamp === reading.timestamp) known.set(keyOf(reading), live);
    else older.push(reading);
  }
  return older;
}

async function newestByDevice(
  { live }: Collections,
  kind: Kind,
  readings: readonly Reading[],
): Promise<ReadonlyMap<string, Reading>> {
  const ids = [...new Set(readings.map(({ deviceId }) => deviceId))];
  const documents = await live[kind].find({ _id: { $in: ids } }, { batchSize: ids.length + 1 }).toArray();
  return new Map(documents.map((document) => [document._id, fromLiveDocument(kind, document)]));
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
