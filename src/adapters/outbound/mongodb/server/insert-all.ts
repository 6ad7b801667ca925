import { type ClientSession, type Collection, type Document, MongoServerError } from 'mongodb';

/**
 * Inserts documents with one command, each encoded once as part of it. The driver's `insertMany` encodes every document by
 * itself, with a copy and an entry in its books for each: half as much again for the process that sends them. Rejects with
 * the first document that was refused, as `insertMany` does.
 */
export async function insertAll<T extends Document>(
  collection: Collection<T>,
  documents: readonly T[],
  session: ClientSession,
): Promise<void> {
  const { db, collectionName } = collection;
  const { writeErrors } = await db.command({ insert: collectionName, documents }, { session });
  if (writeErrors?.length > 0) throw new MongoServerError(writeErrors[0]);
}
