import { type CreateCollectionOptions, type Db, MongoServerError } from 'mongodb';

interface Named {
  readonly collectionName: string;
}

/** Documents are stored in the order of `_id`, so it needs no separate index. */
const CLUSTERED: CreateCollectionOptions = { clusteredIndex: { key: { _id: 1 }, unique: true } };
const NAMESPACE_EXISTS = 48;

/**
 * Creates the collections that are missing. Any number of processes may do so at once. Rejects when one that should be
 * clustered exists and is not.
 *
 * Collections that are read by many ids at a time are not clustered: for `$in` the server scans a clustered collection
 * from the smallest id to the largest.
 */
export async function createCollections(
  db: Db,
  { clustered, plain }: { readonly clustered: readonly Named[]; readonly plain: readonly Named[] },
): Promise<void> {
  const existing = await clusteredByName(db);
  const create = (collections: readonly Named[], options: CreateCollectionOptions) =>
    collections
      .filter(({ collectionName }) => !existing.has(collectionName))
      .map(({ collectionName }) => createOne(db, collectionName, options));
  await Promise.all([...create(clustered, CLUSTERED), ...create(plain, {})]);

  const now = await clusteredByName(db);
  const wrong = clustered.filter(({ collectionName }) => now.get(collectionName) !== true);
  if (wrong.length === 0) return;
  const names = wrong.map(({ collectionName }) => collectionName).join(', ');
  throw new Error(`database ${db.databaseName}: not clustered, so not created by this engine: ${names}`);
}

async function clusteredByName(db: Db): Promise<ReadonlyMap<string, boolean>> {
  const infos = await db.listCollections({}, { nameOnly: false }).toArray();
  return new Map(infos.map(({ name, options }) => [name, options?.clusteredIndex !== undefined]));
}

async function createOne(db: Db, name: string, options: CreateCollectionOptions): Promise<void> {
  try {
    await db.createCollection(name, options);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}
