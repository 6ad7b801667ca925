import type { DatabaseSync } from 'node:sqlite';

/** More than a commit of 5,000 readings of one minute writes: a page for each block of devices, its index and totals. */
const CHECK_BYTES = 1024 * 1024;

/**
 * Writes as much as a large commit, and keeps nothing of it. Throws SQLite's error when that fails, for example because the
 * disk is full: a smaller write may succeed long after commits no longer do, in the room that the WAL has left.
 */
export function checkWrites(database: DatabaseSync): void {
  const cacheSize = Number(database.prepare('PRAGMA cache_size').get()?.cache_size);
  database.exec('PRAGMA cache_size = 0'); // pages go to the WAL when they are written, and not only by a commit
  try {
    database.exec('BEGIN IMMEDIATE; CREATE TABLE write_check (bytes BLOB)');
    database.exec(`INSERT INTO write_check VALUES (zeroblob(${CHECK_BYTES}))`);
  } finally {
    database.exec(`PRAGMA cache_size = ${cacheSize}`);
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}
