import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoServerError, type TransactionOptions } from 'mongodb';
import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { type Millis, SECOND } from '#domain/time/time';
import { fleetUpdates } from '../fleet/fleet-document.ts';
import { byHistoryKey, toHistoryDocuments } from '../history/history-document.ts';
import type { DeviceProgress } from '../live/device-progress.ts';
import type { Collections } from '../server/collections.ts';
import { isCommitUnknown } from '../server/driver-errors.ts';
import { insertAll } from '../server/insert-all.ts';
import { moveToHours } from './device-writes.ts';

/** How long the server waits for the majority before it says that it does not know. */
const MAJORITY_TIMEOUT: Millis = 8 * SECOND;
const COMMIT_PAUSE: Millis = 20;

/** Said in every transaction, whatever the connection string says: what is confirmed survives any one machine. */
export const DURABLE: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT },
  readPreference: 'primary',
};

/**
 * Runs `work` as one transaction and resolves when it is durable. Rejects with the driver's error: nothing was kept
 * then, unless `isCommitUnknown` holds for it, after asking for the commit again until `deadline`.
 */
export async function inTransaction<T>(
  client: MongoClient,
  deadline: number,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const session = client.startSession();
  try {
    session.startTransaction(DURABLE);
    const result = await work(session);
    await commit(session, deadline);
    await session.endSession();
    return result;
  } catch (error) {
    const ended = session.endSession().catch(() => {}); // aborts
    if (error instanceof MongoServerError) await ended; // else nobody knows when the server answers again
    throw error;
  }
}

async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isCommitUnknown(error) || performance.now() > deadline) throw error;
      await sleep(COMMIT_PAUSE);
    }
  }
}

/**
 * Writes readings, whose keys are thought to be new: history, the hours that devices have reached, the lane's totals.
 *
 * History comes first: its clustered key is unique and tells at once when a reading is there already.
 */
export async function writeReadings(
  { history, devices, fleet }: Collections,
  readings: readonly Reading[],
  progress: DeviceProgress,
  lane: string,
  session: ClientSession,
): Promise<void> {
  for (const kind of kinds) {
    const ofKind = readings.filter((reading) => reading.kind === kind).sort(byHistoryKey);
    if (ofKind.length === 0) continue;
    await insertAll(history[kind], toHistoryDocuments(ofKind), session);
    const beginners = ofKind.filter((reading) => progress.beginsHour(reading));
    await moveToHours(devices[kind], beginners, session);
  }
  await fleet.bulkWrite(fleetUpdates(readings, lane), { session, ordered: false });
}
