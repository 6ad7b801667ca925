import type { StreamTables } from './stream-tables.ts';

/**
 * A row of history holds all readings of one minute and one block of devices, which have consecutive numbers: writing a
 * row costs about the same whatever is in it. When a row is full, the next part of the block begins.
 *
 * `entries` holds the readings of a row column by column, each column in order of arrival: wide values, narrow values,
 * times, slots. The README of the store describes it byte by byte.
 *
 * A value column is narrow (int32: energy in mWh, receivedAt in ms after the start of the minute, measured values in
 * thousandths) if that represents all of its values in the row exactly, and wide (float64) otherwise. Either way
 * readings come back exactly as they were added. Bit `i` of `wide` is set if value `i` is wide.
 *
 * `checksum` is the row's `rowChecksum`; NULL in rows written before schema version 4, which are not checked.
 */
export function historySchema({ history }: StreamTables): string {
  return `CREATE TABLE IF NOT EXISTS ${history} (
      minute INTEGER NOT NULL, block INTEGER NOT NULL, part INTEGER NOT NULL,
      wide INTEGER NOT NULL, entries BLOB NOT NULL, checksum INTEGER,
      UNIQUE (minute, block, part)
    ) STRICT;`;
}

/** The columns that `RowEntries` reads. */
export const ROW_COLUMNS: readonly string[] = ['minute', 'block', 'part', 'wide', 'entries', 'checksum'];

export const WIDE_BYTES = Float64Array.BYTES_PER_ELEMENT;
export const NARROW_BYTES = Int32Array.BYTES_PER_ELEMENT;
const KEY_BYTES = Uint16Array.BYTES_PER_ELEMENT + Uint8Array.BYTES_PER_ELEMENT;
/** A slot is one byte. */
const MAX_DEVICES = 256;
/** A row of up to 4,061 bytes fits into one page of the database. */
export const MAX_ENTRIES_BYTES = 4_000;

/** Devices per block and maximum readings per row: a fleet that posts once a minute fills one row per block. */
export function historyBlockSize(tables: StreamTables): number {
  return Math.min(MAX_DEVICES, Math.floor(MAX_ENTRIES_BYTES / entryBytes(tables, 0)));
}

/** The block of a device in the history. Live state has blocks of another size. */
export function historyBlockOf(tables: StreamTables, device: number): number {
  return Math.floor(device / historyBlockSize(tables));
}

/** Maximum readings of a row with these wide values. */
export function rowCapacity(tables: StreamTables, wide: number): number {
  return Math.min(historyBlockSize(tables), Math.floor(MAX_ENTRIES_BYTES / entryBytes(tables, wide)));
}

/** The size of one reading in a row with these wide values. */
export function entryBytes({ values }: StreamTables, wide: number): number {
  return values.reduce((bytes, _, value) => bytes + (isWide(wide, value) ? WIDE_BYTES : NARROW_BYTES), KEY_BYTES);
}

export function isWide(wide: number, value: number): boolean {
  return (wide & (1 << value)) !== 0;
}
