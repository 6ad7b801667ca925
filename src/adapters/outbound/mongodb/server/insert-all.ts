import { type ClientSession, type Collection, type Document, MongoServerError } from 'mongodb';

/**
 * Inserts documents with one command, encoded as a whole. The driver's `insertMany` encodes and records every document
 * separately, which costs this process half as much again. Rejects with the error of the first document that was
 * refused, as `insertMany` does.
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
