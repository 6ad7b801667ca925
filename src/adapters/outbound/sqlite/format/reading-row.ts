import type { SQLOutputValue } from 'node:sqlite';
import type { Reading } from '#domain/reading/reading';
import type { StreamTables } from './stream-tables.ts';

/** The select list that `readingFromRow` understands; `alias` is the table that holds the reading. */
export function readingColumns(tables: StreamTables, alias: string): string {
  return ['timestamp', ...tables.values].map((column) => `${alias}.${column} AS ${column}`).join(', ');
}

/** What SQLite gives for `readingColumns`. */
export type ReadingRow = Record<string, SQLOutputValue>;

/** A row's columns carry the names of the domain's fields: what is missing is which device of which stream. */
export function readingFromRow({ kind }: StreamTables, deviceId: string, row: ReadingRow): Reading {
  return { ...row, kind, deviceId } as unknown as Reading;
}
