import type { AnyBulkWriteOperation, ClientSession, Collection, Db } from 'mongodb';
import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { fleetCollection, fleetUpdates } from '../fleet/fleet-document.ts';
import { byHistoryKey, toHistoryDocuments } from '../history/history-document.ts';
import { type DeviceDocument, liveCollections } from '../live/device-document.ts';
import type { DeviceProgress } from '../live/device-progress.ts';
import { insertAll } from '../server/insert-all.ts';

export type CommitCollections = ReturnType<typeof commitCollections>;

/** What a commit writes to. */
export function commitCollections(db: Db) {
  return { ...liveCollections(db), fleet: fleetCollection(db) };
}

/**
 * Writes readings whose keys are believed to be new: history, the hours that devices have reached, the lane's totals.
 *
 * History comes first: its clustered key is unique, so a reading that is already stored fails the transaction at once.
 */
export async function writeReadings(
  { history, devices, fleet }: CommitCollections,
  readings: readonly Reading[],
  progress: DeviceProgress,
  lane: string,
  session: ClientSession,
): Promise<void> {
  for (const kind of kinds) {
    const ofKind = readings.filter((reading) => reading.kind === kind).sort(byHistoryKey);
    if (ofKind.length === 0) continue;
    await insertAll(history[kind], toHistoryDocuments(ofKind), session);
    const hourStarters = ofKind.filter((reading) => progress.beginsHour(reading));
    await moveToHours(devices[kind], hourStarters, session);
  }
  await fleet.bulkWrite(fleetUpdates(readings, lane), { session, ordered: false });
}

/** Moves the devices of these readings, all of one stream, to the readings' hours where those are later. */
async function moveToHours(
  devices: Collection<DeviceDocument>,
  readings: readonly Reading[],
  session: ClientSession,
): Promise<void> {
  const hours = new Map<string, EpochMillis>();
  for (const { deviceId, timestamp } of readings) {
    const hour = floorTo(HOUR, timestamp);
    if (hour > (hours.get(deviceId) ?? -Infinity)) hours.set(deviceId, hour);
  }
  if (hours.size === 0) return;
  const moves = [...hours].map(
    ([_id, hour]): AnyBulkWriteOperation<DeviceDocument> => ({
      updateOne: { filter: { _id }, update: { $max: { hour: new Date(hour) } }, upsert: true },
    }),
  );
  await devices.bulkWrite(moves, { session, ordered: false });
}
