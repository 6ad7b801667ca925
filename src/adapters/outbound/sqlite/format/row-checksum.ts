import type { SQLOutputValue } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { StoreDamagedError } from '#application/errors';
import { MINUTE } from '#domain/time/time';
import { entryBytes } from './history-blocks.ts';
import type { StreamTables } from './stream-tables.ts';

/** The columns of a row of history that its checksum covers. */
export interface RowContent {
  readonly minute: number;
  readonly block: number;
  readonly part: number;
  readonly wide: number;
  readonly entries: Uint8Array<ArrayBuffer>;
}

const key = new Int32Array(4);

/**
 * CRC-32 of minute, block, part and wide as int32, little-endian, and then of the entries: 2 µs for a full row. SQLite
 * itself does not notice bytes that changed on the disk within a value.
 */
export function rowChecksum({ minute, block, part, wide, entries }: RowContent): number {
  key[0] = minute;
  key[1] = block;
  key[2] = part;
  key[3] = wide;
  return crc32(entries, crc32(key));
}

/**
 * The content of a row with `ROW_COLUMNS`. Throws `StoreDamagedError` when it is not what was written; a row from before
 * schema version 4 has no checksum, and then only its size is checked.
 */
export function undamagedRow(tables: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): RowContent {
  const [minute = 0, block = 0, part = 0, wide = 0] = [row.minute, row.block, row.part, row.wide].map(Number);
  const { entries, checksum } = row;
  if (!(entries instanceof Uint8Array)) throw damaged(tables, minute, block, part, 'its entries are missing');
  const content: RowContent = { minute, block, part, wide, entries };
  if (checksum !== null && checksum !== undefined && checksum !== rowChecksum(content)) {
    throw damaged(tables, minute, block, part, 'its checksum is wrong');
  }
  if (!Number.isInteger(entries.length / entryBytes(tables, wide))) {
    throw damaged(tables, minute, block, part, `${entries.length} bytes are not a whole number of readings`);
  }
  return content;
}

function damaged({ kind, history }: StreamTables, minute: number, block: number, part: number, reason: string) {
  const time = new Date(minute * MINUTE);
  const when = Number.isNaN(time.getTime()) ? minute : time.toISOString();
  const place = `${history}: minute ${minute}, block ${block}, part ${part}`;
  return new StoreDamagedError(`the ${kind} readings of ${when} in one row (${place}) are damaged: ${reason}`);
}
