import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';

/** How long a connection waits for a lock that another one holds, in ms. Only a foreign process ever holds one. */
export const BUSY_TIMEOUT_MS = 5_000;
/** 8 MiB for a reader; the operating system's page cache backs it. */
const READER_CACHE_KIB = 8_192;

/** The layout of the tables, stored as `user_version`. A file of any other version is refused. */
export const SCHEMA_VERSION = 3;

/** A connection that has been set up, or none; SQLite's own messages do not say which file they are about. */
export function connect(
  file: string,
  options: DatabaseSyncOptions,
  setUp: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, ...options });
    setUp(database);
    return database;
  } catch (cause) {
    database?.close();
    throw new Error(`cannot open ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Opens a connection that cannot write. */
export function openForReading(file: string): DatabaseSync {
  return connect(file, { readOnly: true }, (database) => {
    checkVersion(schemaVersion(database));
    setPragma(database, 'query_only', 1);
    setPragma(database, 'cache_size', -READER_CACHE_KIB);
  });
}

/** Sets a pragma and reads it back: SQLite answers an unknown one with silence. */
export function setPragma(database: DatabaseSync, name: string, value: string | number): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const now = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (now !== value) throw new Error(`SQLite did not take PRAGMA ${name} = ${value}; it says ${now}`);
}

export function schemaVersion(database: DatabaseSync): number {
  return Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
}

export function checkVersion(found: number): void {
  if (found === SCHEMA_VERSION) return;
  throw new Error(`it has schema version ${found}, but this engine needs version ${SCHEMA_VERSION}`);
}
