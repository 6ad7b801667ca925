import type { DatabaseSync } from 'node:sqlite';
import {
  BUSY_TIMEOUT_MS,
  checkVersion,
  connect,
  SCHEMA_VERSION,
  schemaVersion,
  setPragma,
} from '../format/connection.ts';
import { historySchema } from '../format/history-blocks.ts';
import { hourColumns } from '../format/hour-sums.ts';
import { liveBlockSchema } from '../format/live-blocks.ts';
import { MARK_SCHEMA } from '../format/marks.ts';
import { type StreamTables, streamTables } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import { LINK_SCHEMA } from '../records/links.ts';
import { WARNING_SCHEMA } from '../records/warnings.ts';
import { errorCode } from '../thread/sqlite-error.ts';

/** How long the WAL is waited for while ingestion stands still: live reads take milliseconds. */
const EMPTYING_TIMEOUT_MS = 200;
/** 16 MiB: the minute being written, live state and the newest totals of 100,000 devices stay in memory. */
const WRITER_CACHE_KIB = 16_384;

const SQLITE_BUSY = 5;

/** The `user_version` of a new file. */
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

/** Creates the tables of a new file, and those that a new stream or a newer engine adds to an existing one. */
function createSchema(database: DatabaseSync): void {
  const version = schemaVersion(database);
  if (version !== NO_SCHEMA) checkVersion(version);
  transact(database, () => {
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
