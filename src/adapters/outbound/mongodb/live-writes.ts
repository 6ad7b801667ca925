import type { ClientSession, Collection } from 'mongodb';
import { advancesLiveState } from '#domain/live-state';
import type { Reading } from '#domain/reading';
import { type LiveDocument, toLiveDocument } from './live-document.ts';

/**
 * Moves the live state of one stream's devices to the newest of these readings, where that is newer, inside of a
 * transaction.
 *
 * What is outdated is deleted and inserted anew: that costs the server less than an update. The first statement takes
 * what is older than every reading here, which is all there is when nothing is late; only what it left is looked at.
 */
export async function advanceLive(
  live: Collection<LiveDocument>,
  readings: readonly Reading[],
  session: ClientSession,
): Promise<void> {
  const newest = newestOfEach(readings);
  const oldest = [...newest.values()].reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
  const outdated = { _id: { $in: [...newest.keys()] }, timestamp: { $lt: new Date(oldest) } };
  const { deletedCount } = await live.deleteMany(outdated, { session });
  if (deletedCount < newest.size) await settleRest(live, newest, session);
  if (newest.size === 0) return;
  await live.insertMany([...newest.values()].map(toLiveDocument), { session, ordered: false });
}

/** Deletes the rest of what is outdated, and takes out of `newest` what is not newer than live state. */
async function settleRest(
  live: Collection<LiveDocument>,
  newest: Map<string, Reading>,
  session: ClientSession,
): Promise<void> {
  const rest = live.find(
    { _id: { $in: [...newest.keys()] } },
    { session, projection: { timestamp: 1 }, batchSize: newest.size + 1 },
  );
  const outdated: string[] = [];
  for (const { _id, timestamp } of await rest.toArray()) {
    if (timestamp.getTime() < (newest.get(_id)?.timestamp ?? 0)) outdated.push(_id);
    else newest.delete(_id);
  }
  if (outdated.length > 0) await live.deleteMany({ _id: { $in: outdated } }, { session });
}

function newestOfEach(readings: readonly Reading[]): Map<string, Reading> {
  const newest = new Map<string, Reading>();
  for (const reading of readings) {
    if (advancesLiveState(newest.get(reading.deviceId), reading)) newest.set(reading.deviceId, reading);
  }
  return newest;
}
