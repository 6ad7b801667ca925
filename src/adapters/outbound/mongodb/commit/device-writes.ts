import type { AnyBulkWriteOperation, ClientSession, Collection } from 'mongodb';
import type { Reading } from '#domain/reading/reading';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import type { DeviceDocument } from '../live/device-document.ts';

/** Moves devices to the hours that readings of one stream begin, where those are later, inside of a transaction. */
export async function moveToHours(
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
