import type { StreamTables } from './stream-tables.ts';

/**
 * A row of history holds many readings: those of one minute and of one block of devices, which have neighbouring numbers.
 * To write a row costs about the same whatever is in it. When it is full, the block's next part begins.
 *
 * The readings of a row lie column by column, each in the order of arrival, without a word about their number: first the
 * wide values, then the narrow ones, then the times as milliseconds in the minute (two bytes), then the devices as places
 * in the block (one byte).
 *
 * A value is narrow as long as all of its column in the row can be: a whole number of four bytes, which is energy in
 * milliwatt-hours, the time of receipt in milliseconds after the beginning of the minute, or a measured value in
 * thousandths. Wide is the value itself in eight bytes. Either way what is read is what was added, to the last bit. Bit `i`
 * of `wide` is set when value `i` is wide.
 */
export function historySchema({ history }: StreamTables): string {
  return `CREATE TABLE IF NOT EXISTS ${history} (
      minute INTEGER NOT NULL, block INTEGER NOT NULL, part INTEGER NOT NULL,
      wide INTEGER NOT NULL, entries BLOB NOT NULL,
      UNIQUE (minute, block, part)
    ) STRICT;`;
}

/** What `RowEntries` is made of. */
export const ROW_COLUMNS: readonly string[] = ['minute', 'block', 'wide', 'entries'];

export const WIDE_BYTES = Float64Array.BYTES_PER_ELEMENT;
export const NARROW_BYTES = Int32Array.BYTES_PER_ELEMENT;
const KEY_BYTES = Uint16Array.BYTES_PER_ELEMENT + Uint8Array.BYTES_PER_ELEMENT;
/** As many as one byte tells apart. */
const MOST_DEVICES = 256;
/** Most bytes of a row's entries: a row of 4,061 bytes fits into one page, and more would need a second one. */
export const ENTRIES_BYTES = 4_000;

/** Devices of a block, and most readings of one row: a fleet that posts once a minute fills one row a block. */
export function historyBlockSize(tables: StreamTables): number {
  return Math.min(MOST_DEVICES, Math.floor(ENTRIES_BYTES / entryBytes(tables, 0)));
}

export function historyBlockOf(tables: StreamTables, device: number): number {
  return Math.floor(device / historyBlockSize(tables));
}

/** Most readings of a row with these wide values. */
export function rowCapacity(tables: StreamTables, wide: number): number {
  return Math.min(historyBlockSize(tables), Math.floor(ENTRIES_BYTES / entryBytes(tables, wide)));
}

export function entryBytes({ values }: StreamTables, wide: number): number {
  return values.reduce((bytes, _, value) => bytes + (isWide(wide, value) ? WIDE_BYTES : NARROW_BYTES), KEY_BYTES);
}

export function isWide(wide: number, value: number): boolean {
  return (wide & (1 << value)) !== 0;
}
