import type { MongoClient, UUID } from 'mongodb';
import { type Millis, SECOND } from '#domain/time/time';

/** The name under which the engine's connections are known to the server. */
export const APP_NAME = 'energy-ingestion-engine';

/**
 * Between two statements of a commit pass milliseconds. A transaction that has done nothing for this long lost its
 * process. Should that be wrong, its writer is told and tries again.
 */
const ABANDONED_AFTER: Millis = 2 * SECOND;

/**
 * Ends transactions whose process died in the middle of them. Otherwise the server keeps them for a minute, and with them
 * the documents they have written: the very readings that are sent again.
 *
 * Only this user's transactions under the engine's name are looked at. Needs no privileges.
 */
export async function endAbandonedTransactions(client: MongoClient): Promise<number> {
  const admin = client.db('admin');
  const abandoned = await admin
    .aggregate<{ lsid: { id: UUID } }>(
      [
        { $currentOp: { allUsers: false, idleSessions: true } },
        {
          $match: {
            type: 'idleSession',
            appName: APP_NAME,
            'transaction.timeInactiveMicros': { $gt: ABANDONED_AFTER * 1_000 },
          },
        },
        { $project: { lsid: 1 } },
      ],
      { readConcern: { level: 'local' } },
    )
    .toArray();
  if (abandoned.length > 0) await admin.command({ killSessions: abandoned.map(({ lsid }) => ({ id: lsid.id })) });
  return abandoned.length;
}
