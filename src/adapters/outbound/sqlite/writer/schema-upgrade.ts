import type { DatabaseSync } from 'node:sqlite';
import { MINUTE } from '#domain/time/time';
import { historySchema } from '../format/history-blocks.ts';
import { type StreamTables, streamTables } from '../format/stream-tables.ts';
import { HistoryWriter } from './history-writer.ts';

/** One reading as the older versions kept it, in numbers: its device, its timestamp, its values. */
type OldEntry = ArrayLike<number>;

const OLD_DEVICE = 0;
const OLD_TIMESTAMP = 1;
const OLD_VALUES = 2;

/** The entries in a history of an older version, minute by minute. */
const oldEntries = { 1: entriesOfVersion1, 2: entriesOfVersion2 };

export type OldVersion = keyof typeof oldEntries;

export function isOldVersion(version: number): version is OldVersion {
  return version in oldEntries;
}

/**
 * Puts the history of an older version into the rows of today, inside of the running transaction: a million readings take
 * some seconds.
 */
export function upgradeHistory(database: DatabaseSync, version: OldVersion): void {
  const entriesOf = oldEntries[version];
  for (const tables of streamTables) {
    const old = `${tables.history}_${version}`;
    database.exec(`ALTER TABLE ${tables.history} RENAME TO ${old}`);
    database.exec(historySchema(tables));
    const history = new HistoryWriter(database, tables);
    let written = Number.NaN;
    for (const entry of entriesOf(database, tables, old)) {
      const timestamp = entry[OLD_TIMESTAMP] as number;
      const minute = Math.floor(timestamp / MINUTE);
      if (minute !== written) history.write();
      written = minute;
      history.add(entry[OLD_DEVICE] as number, timestamp, entry, OLD_VALUES);
    }
    history.write();
    database.exec(`DROP TABLE ${old}`);
  }
}

/** A row for each reading. */
function* entriesOfVersion1(database: DatabaseSync, { values }: StreamTables, history: string): Iterable<OldEntry> {
  const columns = ['device', 'timestamp', ...values];
  const rows = database.prepare(`SELECT ${columns.join(', ')} FROM ${history} ORDER BY minute, device, timestamp`);
  for (const row of rows.iterate()) yield columns.map((column) => Number(row[column]));
}

/** A row for a block of devices in a minute: entries of eight bytes a number, one after another. */
function* entriesOfVersion2(database: DatabaseSync, { values }: StreamTables, history: string): Iterable<OldEntry> {
  const width = OLD_VALUES + values.length;
  for (const row of database.prepare(`SELECT entries FROM ${history} ORDER BY minute, block, part`).iterate()) {
    const { buffer, byteOffset, byteLength } = row.entries as Uint8Array;
    const numbers = new Float64Array(buffer, byteOffset, byteLength / Float64Array.BYTES_PER_ELEMENT);
    for (let at = 0; at < numbers.length; at += width) yield numbers.subarray(at, at + width);
  }
}
