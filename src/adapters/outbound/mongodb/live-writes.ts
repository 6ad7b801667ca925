import type { AnyBulkWriteOperation } from 'mongodb';
import { advancesLiveState } from '#domain/live-state';
import type { Reading } from '#domain/reading';
import { type LiveDocument, toLiveDocument } from './live-document.ts';

/** Devices remembered to have live state, about 100 bytes each, before the memory is dropped and filled anew. */
const REMEMBERED_DEVICES = 500_000;

/**
 * Which devices of one stream are known to have a live document; they keep it for ever. Ask before a transaction begins:
 * what is known by then, it sees.
 */
export class LiveDevices {
  readonly #ids = new Set<string>();

  has(deviceId: string): boolean {
    return this.#ids.has(deviceId);
  }

  /** To be called when a commit of these readings is confirmed. */
  remember(readings: readonly Reading[]): void {
    if (this.#ids.size > REMEMBERED_DEVICES) this.#ids.clear();
    for (const { deviceId } of readings) this.#ids.add(deviceId);
  }
}

/** Moves the live state of one stream's devices to the newest of these readings, where that is newer. */
export function liveUpdates(readings: readonly Reading[], known: LiveDevices): AnyBulkWriteOperation<LiveDocument>[] {
  return newestOfEach(readings).map((reading) => {
    const document = toLiveDocument(reading);
    return known.has(reading.deviceId) ? guardedReplacement(document) : guardedUpsert(document);
  });
}

/** The cheaper one, where there is a document: one that is not older is not found, and stays. */
function guardedReplacement(document: LiveDocument): AnyBulkWriteOperation<LiveDocument> {
  const { _id, timestamp } = document;
  return { replaceOne: { filter: { _id, timestamp: { $lt: timestamp } }, replacement: document } };
}

/**
 * A pipeline compares before it replaces, so nothing has to be read first, and a device's first document is inserted.
 * One statement this way is faster than to read, delete and insert, for groups of 1, 32 and 1,000 alike.
 */
function guardedUpsert(document: LiveDocument): AnyBulkWriteOperation<LiveDocument> {
  const newer = { $gt: [document.timestamp, '$timestamp'] };
  const update = [{ $replaceWith: { $cond: [newer, { $literal: document }, '$$ROOT'] } }];
  return { updateOne: { filter: { _id: document._id }, update, upsert: true } };
}

function newestOfEach(readings: readonly Reading[]): Reading[] {
  const newest = new Map<string, Reading>();
  for (const reading of readings) {
    if (advancesLiveState(newest.get(reading.deviceId), reading)) newest.set(reading.deviceId, reading);
  }
  return [...newest.values()];
}
