import type { DatabaseSync } from 'node:sqlite';

/**
 * Schema version 3 to 4: rows of history get a checksum. Rows written before keep NULL and are not checked. Goes by the
 * tables of the file, since a stream that is not defined now may be defined again.
 */
export function addRowChecksums(database: DatabaseSync): void {
  const histories = database
    .prepare(String.raw`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\_history' ESCAPE '\'`)
    .all();
  for (const { name } of histories) database.exec(`ALTER TABLE ${name} ADD COLUMN checksum INTEGER`);
}
