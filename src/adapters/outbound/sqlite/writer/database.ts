import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';
import { historySchema } from '../format/history-blocks.ts';
import { hourColumns } from '../format/hour-sums.ts';
import { liveBlockSchema } from '../format/live-blocks.ts';
import { MARK_SCHEMA } from '../format/marks.ts';
import { type StreamTables, streamTables } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import { LINK_SCHEMA } from '../records/links.ts';
import { WARNING_SCHEMA } from '../records/warnings.ts';
import { errorCode } from '../thread/sqlite-error.ts';
import { isOldVersion, upgradeHistory } from './schema-upgrade.ts';

/** How long a connection waits for a lock that another one holds, in ms. Only a foreign process ever holds one. */
const BUSY_TIMEOUT_MS = 5_000;
/** How long the WAL is waited for while ingestion stands still: live reads take milliseconds. */
const EMPTYING_TIMEOUT_MS = 200;
/** 16 MiB: the minute being written, live state and the newest totals of 100,000 devices stay in memory. */
const WRITER_CACHE_KIB = 16_384;
/** 8 MiB for a reader; the operating system's page cache backs it. */
const READER_CACHE_KIB = 8_192;

const SQLITE_BUSY = 5;

/** The layout of the tables below. A file of an older version is brought to it, one of any other is refused. */
const SCHEMA_VERSION = 3;
/** What SQLite says of a file that is new. */
const NO_SCHEMA = 0;

/**
 * Opens the one writing connection. Every commit is on the disk when it returns (`synchronous = FULL`), and readers
 * are never in its way (`WAL`).
 */
export function openForWriting(file: string): DatabaseSync {
  return connect(file, {}, (database) => {
    setPragma(database, 'journal_mode', 'wal');
    setPragma(database, 'synchronous', 2);
    setPragma(database, 'cache_size', -WRITER_CACHE_KIB);
    createSchema(database);
  });
}

/** Moves all of the WAL into the database file, or what it can when somebody reads for too long. */
export function emptyWal(database: DatabaseSync): void {
  database.exec(`PRAGMA busy_timeout = ${EMPTYING_TIMEOUT_MS}`);
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
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

/**
 * Takes the data directory for this process until it ends, however it ends: the operating system drops the lock. Two
 * writers on one file would each believe in their own picture of the live state.
 */
export function lockDirectory(file: string): DatabaseSync {
  return connect(file, {}, (lock) => {
    try {
      lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    } catch (cause) {
      if (errorCode(cause) === SQLITE_BUSY) throw new Error('another process is using the data directory', { cause });
      throw cause;
    }
  });
}

/** A connection that has been set up, or none; SQLite's own messages do not say which file they are about. */
function connect(file: string, options: DatabaseSyncOptions, setUp: (database: DatabaseSync) => void): DatabaseSync {
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

/** Sets a pragma and reads it back: SQLite answers an unknown one with silence. */
function setPragma(database: DatabaseSync, name: string, value: string | number): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const now = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (now !== value) throw new Error(`SQLite did not take PRAGMA ${name} = ${value}; it says ${now}`);
}

function schemaVersion(database: DatabaseSync): number {
  return Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
}

function checkVersion(found: number): void {
  if (found === SCHEMA_VERSION) return;
  throw new Error(`the data file has schema version ${found}, this engine reads version ${SCHEMA_VERSION}`);
}

function createSchema(database: DatabaseSync): void {
  const found = schemaVersion(database);
  const isOlder = isOldVersion(found);
  if (found !== NO_SCHEMA && !isOlder) checkVersion(found);
  transact(database, () => {
    if (isOlder) upgradeHistory(database, found);
    for (const tables of streamTables) database.exec(streamSchema(tables));
    for (const schema of [FLEET_SCHEMA, HOUR_SCHEMA, MARK_SCHEMA, LINK_SCHEMA, WARNING_SCHEMA]) database.exec(schema);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/**
 * History is found by its minute first: the minute being written stays in memory and older ones are left alone, so
 * that the ten-millionth insert costs what the first did.
 */
function streamSchema(tables: StreamTables): string {
  const values = tables.values
    .map((column) => `${column} ${column === 'energy' || column === 'receivedAt' ? 'INTEGER' : 'REAL'} NOT NULL`)
    .join(', ');
  return `
    CREATE TABLE IF NOT EXISTS ${tables.devices} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    ${liveBlockSchema(tables.live)}
    CREATE TABLE IF NOT EXISTS ${tables.last} (device INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, ${values}) STRICT;
    ${historySchema(tables)}
    CREATE TABLE IF NOT EXISTS ${tables.hours} (
      hour INTEGER NOT NULL, device INTEGER NOT NULL,
      ${hourColumns(tables)
        .map((column) => `${column} INTEGER NOT NULL`)
        .join(', ')},
      PRIMARY KEY (hour, device)
    ) STRICT, WITHOUT ROWID;`;
}

/** Buckets are epoch minutes and epoch hours; energy is in milliwatt-hours. */
const FLEET_SCHEMA = ['minute', 'hour']
  .map(
    (bucket) => `
    CREATE TABLE IF NOT EXISTS fleet_${bucket}s (
      stream TEXT NOT NULL, ${bucket} INTEGER NOT NULL, energy INTEGER NOT NULL, readings INTEGER NOT NULL,
      PRIMARY KEY (stream, ${bucket})
    ) STRICT, WITHOUT ROWID;`,
  )
  .join('');

/** Which hours have sums, and from how many readings these were computed. */
const HOUR_SCHEMA = `
    CREATE TABLE IF NOT EXISTS closed_hours (
      stream TEXT NOT NULL, hour INTEGER NOT NULL, readings INTEGER NOT NULL,
      PRIMARY KEY (stream, hour)
    ) STRICT, WITHOUT ROWID;`;
