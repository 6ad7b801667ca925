import type { ReadingRow } from './reading-row.ts';
import type { StreamTables } from './stream-tables.ts';

/**
 * A row of history holds many readings: those of one minute and of one block of devices, which have neighbouring numbers.
 * To write a row costs about the same whatever is in it. When it is full, the block's next part begins.
 *
 * The readings of a row are entries one after another, in the order of their arrival, all numbers: device, timestamp,
 * and the values in the order of `values`.
 */
export const ENTRY_DEVICE = 0;
export const ENTRY_TIMESTAMP = 1;
export const ENTRY_VALUES = 2;

/** Most bytes of a row's entries: a row of 4,061 bytes fits into one page, and more would need a second one. */
const ENTRIES_BYTES = 4_000;

export function historySchema({ history }: StreamTables): string {
  return `CREATE TABLE IF NOT EXISTS ${history} (
      minute INTEGER NOT NULL, block INTEGER NOT NULL, part INTEGER NOT NULL, entries BLOB NOT NULL,
      UNIQUE (minute, block, part)
    ) STRICT;`;
}

/** The columns of a reading in the order of an entry's numbers. */
export function entryColumns(tables: StreamTables): readonly string[] {
  return ['device', 'timestamp', ...tables.values];
}

/** Numbers of an entry. */
export function entryWidth(tables: StreamTables): number {
  return ENTRY_VALUES + tables.values.length;
}

/** Devices of a block, and most readings of one row: a fleet that posts once a minute fills one row a block. */
export function blockSize(tables: StreamTables): number {
  return Math.floor(ENTRIES_BYTES / (entryWidth(tables) * Float64Array.BYTES_PER_ELEMENT));
}

export function blockOf(tables: StreamTables, device: number): number {
  return Math.floor(device / blockSize(tables));
}

/** The entries of a row as SQLite gives them. */
export function toEntries(stored: unknown): Float64Array {
  const { buffer, byteOffset, byteLength } = stored as Uint8Array;
  return new Float64Array(buffer, byteOffset, byteLength / Float64Array.BYTES_PER_ELEMENT);
}

/** Where the reading with this key stands in `entries`, or -1. */
export function findEntry(entries: Float64Array, width: number, device: number, timestamp: number): number {
  for (let at = 0; at < entries.length; at += width) {
    if (entries[at + ENTRY_TIMESTAMP] === timestamp && entries[at + ENTRY_DEVICE] === device) return at;
  }
  return -1;
}

/** The entry that begins at `at`, with the names of its columns. */
export function entryRow(tables: StreamTables, entries: Float64Array, at: number): ReadingRow {
  const row: ReadingRow = { timestamp: entries[at + ENTRY_TIMESTAMP] as number };
  for (const [i, column] of tables.values.entries()) row[column] = entries[at + ENTRY_VALUES + i] as number;
  return row;
}
