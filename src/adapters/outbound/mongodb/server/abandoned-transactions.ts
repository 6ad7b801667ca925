import type { MongoClient, UUID } from 'mongodb';
import { type Millis, SECOND } from '#domain/time/time';

/** The application name of the engine's connections, as the server lists them. */
export const APP_NAME = 'energy-ingestion-engine';

/**
 * The statements of a commit are milliseconds apart, so a transaction that has been idle for this long has lost its
 * process. If that is wrong, its writer gets an error and tries again.
 */
const ABANDONED_AFTER: Millis = 2 * SECOND;

/**
 * Ends transactions whose process has died, and returns how many. Otherwise the server keeps them open for a minute and
 * the documents they wrote locked: the very readings that are being sent again.
 *
 * Considers only this user's transactions under the engine's application name. Needs no privileges.
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
