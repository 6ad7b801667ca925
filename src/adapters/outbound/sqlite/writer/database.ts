import type { DatabaseSync } from 'node:sqlite';
import { kinds } from '#domain/streams/streams';
import {
  BUSY_TIMEOUT_MS,
  checkVersion,
  connect,
  SCHEMA_VERSION,
  schemaVersion,
  setPragma,
  UPGRADED_VERSION,
} from '../format/connection.ts';
import { MARK_SCHEMA } from '../format/marks.ts';
import { STREAM_NAMES_SCHEMA } from '../format/stored-tables.ts';
import { transact } from '../format/transactions.ts';
import { LINK_SCHEMA } from '../records/links.ts';
import { WARNING_SCHEMA } from '../records/warnings.ts';
import { errorCode } from '../thread/sqlite-error.ts';
import { createStream } from './stream-schema.ts';
import { upgradeHourSums } from './upgrades/hour-sums-upgrade.ts';

/**
 * How long to wait for live readers, which take milliseconds, before emptying the WAL. Ingestion stands still
 * meanwhile.
 */
const EMPTY_WAL_TIMEOUT_MS = 200;
/** 16 MiB keep the current minute, live state and the newest totals of 100,000 devices in memory. */
const WRITER_CACHE_KIB = 16_384;

const FULL = 2;
const SQLITE_BUSY = 5;

const NO_SCHEMA = 0;

/** What bringing a file up to date has left to do. */
export interface Upgrade {
  /** Hours that were closed, and have to be closed again. */
  readonly reopenedHours: number;
}

/**
 * Opens the only writing connection and creates missing tables. A file of the version before is brought up to date, and
 * `upgraded` is called. Every commit is on disk when it returns
 * (`synchronous = FULL`), and readers never block it (`WAL`). Throws when the file is of another version, or has data of a
 * stream that is now defined differently.
 */
export function openForWriting(file: string, upgraded: (upgrade: Upgrade) => void = () => {}): DatabaseSync {
  return connect(file, {}, (database) => {
    setPragma(database, 'journal_mode', 'wal');
    setPragma(database, 'synchronous', FULL);
    setPragma(database, 'cache_size', -WRITER_CACHE_KIB);
    createSchema(database, upgraded);
  });
}

/** Moves the WAL into the database file and truncates it. If a reader takes too long, only part of it is moved. */
export function emptyWal(database: DatabaseSync): void {
  database.exec(`PRAGMA busy_timeout = ${EMPTY_WAL_TIMEOUT_MS}`);
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/**
 * Reserves the data directory for this process. The operating system drops the lock when the process ends, however it
 * ends. Two writers on one file would each trust their own cache of live state and history.
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
function createSchema(database: DatabaseSync, upgraded: (upgrade: Upgrade) => void): void {
  const version = schemaVersion(database);
  if (version !== NO_SCHEMA && version !== UPGRADED_VERSION) checkVersion(version);
  transact(database, () => {
    if (version === UPGRADED_VERSION) upgraded({ reopenedHours: upgradeHourSums(database) });
    for (const schema of SHARED_SCHEMAS) database.exec(schema);
    for (const kind of kinds) createStream(database, kind);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Buckets are epoch minutes and epoch hours; energy is in mWh. */
const FLEET_SCHEMA = ['minute', 'hour']
  .map(
    (bucket) => `
    CREATE TABLE IF NOT EXISTS fleet_${bucket}s (
      stream TEXT NOT NULL, ${bucket} INTEGER NOT NULL, energy INTEGER NOT NULL, readings INTEGER NOT NULL,
      PRIMARY KEY (stream, ${bucket})
    ) STRICT, WITHOUT ROWID;`,
  )
  .join('');

/** The hours that have sums per device, and the number of readings these were computed from. */
const HOUR_SCHEMA = `
    CREATE TABLE IF NOT EXISTS closed_hours (
      stream TEXT NOT NULL, hour INTEGER NOT NULL, readings INTEGER NOT NULL,
      PRIMARY KEY (stream, hour)
    ) STRICT, WITHOUT ROWID;`;

const SHARED_SCHEMAS = [STREAM_NAMES_SCHEMA, FLEET_SCHEMA, HOUR_SCHEMA, MARK_SCHEMA, LINK_SCHEMA, WARNING_SCHEMA];
