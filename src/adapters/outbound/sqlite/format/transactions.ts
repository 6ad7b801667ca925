import type { DatabaseSync } from 'node:sqlite';
import type { OwnedDatabase } from './owned-database.ts';

/** Runs `work` in one write transaction: when this returns, all of it is on disk; when it throws, none of it. */
export function transact<T>(database: OwnedDatabase, work: () => T): T {
  database.begin();
  try {
    const result = work();
    database.commit();
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs several reads on one snapshot of the database, whatever is committed meanwhile. */
export function readSnapshot<T>(database: DatabaseSync, read: () => T): T {
  database.exec('BEGIN');
  try {
    return read();
  } finally {
    database.exec('COMMIT');
  }
}
