import type { SQLOutputValue } from 'node:sqlite';
import type { Reading } from '#domain/reading/reading';
import { storedReading } from '#domain/reading/stored-reading';
import type { StreamTables } from './stream-tables.ts';

/** The select list for `readingFromRow`, from the table with this alias. */
export function readingColumns(tables: StreamTables, alias: string): string {
  return ['timestamp', ...tables.values].map((column) => `${alias}.${column} AS ${column}`).join(', ');
}

export type ReadingRow = Record<string, SQLOutputValue>;

/**
 * Columns have the names of the domain's fields, so that only the device and its stream are missing. Throws if the row
 * is damaged.
 */
export function readingFromRow({ kind }: Pick<StreamTables, 'kind'>, deviceId: string, row: ReadingRow): Reading {
  return storedReading({ ...row, kind, deviceId });
}
