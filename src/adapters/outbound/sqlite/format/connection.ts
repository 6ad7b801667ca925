import { DatabaseSync, type DatabaseSyncOptions, type StatementSync } from 'node:sqlite';
import { requireStoredTables } from './stored-tables.ts';

/** How long a connection waits for a lock, in ms. Only another process can hold one. */
export const BUSY_TIMEOUT_MS = 5_000;
/** 8 MiB for each reader; behind it stands the operating system's page cache. */
const READER_CACHE_KIB = 8_192;

/** The layout of the tables, stored as `user_version`. A file of any other version is refused. */
export const SCHEMA_VERSION = 4;
/** The version that the writing connection brings up to date. */
export const UPGRADED_VERSION = 3;

/** Opens a connection and sets it up, or closes it again; SQLite's own messages do not name the file. */
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

/**
 * Opens a connection that cannot write. Throws when the file is missing or of another version, or when its tables are not
 * those of the streams.
 */
export function openForReading(file: string): DatabaseSync {
  return connect(file, { readOnly: true }, (database) => {
    checkVersion(schemaVersion(database));
    requireStoredTables(database);
    setPragma(database, 'query_only', 1);
    setPragma(database, 'cache_size', -READER_CACHE_KIB);
  });
}

/** Sets a pragma and reads it back, because SQLite ignores unknown ones silently. */
export function setPragma(database: DatabaseSync, name: string, value: string | number): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const now = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (now !== value) throw new Error(`SQLite did not accept PRAGMA ${name} = ${value}; it is still ${now}`);
}

export function schemaVersion(database: DatabaseSync): number {
  return Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
}

export function checkVersion(found: number): void {
  if (found === SCHEMA_VERSION) return;
  const advice = found === UPGRADED_VERSION ? ': start the engine once, which brings the file up to date' : '';
  throw new Error(`it has schema version ${found}, but this engine needs version ${SCHEMA_VERSION}${advice}`);
}

/** Prepares every statement in `sql`, under the same names. */
export function prepareAll<K extends string>(
  database: DatabaseSync,
  sql: Readonly<Record<K, string>>,
): Readonly<Record<K, StatementSync>> {
  const prepared = Object.entries<string>(sql).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(prepared) as Record<K, StatementSync>;
}
