import type { SQLOutputValue } from 'node:sqlite';
import { StoreDamagedError } from '#application/errors';
import { RowEntries } from './row-entries.ts';
import type { StreamTables } from './stream-tables.ts';

/** The entries of a stored row in a list, which is empty if the row is damaged: for work that can go on without it. */
export function readableEntries(
  tables: StreamTables,
  row: Readonly<Record<string, SQLOutputValue>>,
): readonly RowEntries[] {
  try {
    return [RowEntries.stored(tables, row)];
  } catch (error) {
    if (error instanceof StoreDamagedError) return [];
    throw error;
  }
}
