import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { StoreDamagedError } from '#application/errors';
import { byKind } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { prepareAll } from '../format/connection.ts';
import { eachRow } from '../format/each-row.ts';
import { historyBlockOf, ROW_COLUMNS } from '../format/history-blocks.ts';
import type { ReadingRow } from '../format/reading-row.ts';
import { RowEntries } from '../format/row-entries.ts';
import { storedTables } from '../format/stored-tables.ts';
import type { StreamTables } from '../format/stream-tables.ts';
import type { EntrySums } from './entry-sums.ts';

export function historySql({ kind, history }: StreamTables) {
  // `fleet_minutes` lists the minutes that have readings, and each costs one lookup in the index: a long silence costs
  // nothing. `CROSS JOIN` makes SQLite keep this order.
  const rows = (blocks: string) => `SELECT ${ROW_COLUMNS.map((column) => `h.${column} AS ${column}`).join(', ')}
    FROM fleet_minutes f CROSS JOIN ${history} h ON h.minute = f.minute AND ${blocks}
    WHERE f.stream = '${kind}' AND f.minute >= $firstMinute AND f.minute <= $lastMinute ORDER BY f.minute`;
  return {
    rowsOfMinute: `SELECT ${ROW_COLUMNS.join(', ')} FROM ${history} WHERE minute = $minute AND block = $block`,
    rowsOfBlock: rows('h.block = $block'),
    rowsOfBlocks: rows('h.block >= $firstBlock AND h.block <= $lastBlock'),
  };
}

/** One reading in the history: its row, and its index there. */
interface Entry {
  readonly entries: RowEntries;
  readonly at: number;
}

/** A range of device numbers, both ends included. */
export interface DeviceRange {
  readonly first: number;
  readonly last: number;
}

/** Damaged rows that one error names. */
const MAX_NAMED_ROWS = 50;

const ALL_DEVICES: DeviceRange = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** Reads the history of one stream by device number. */
class HistoryReader {
  readonly #tables: StreamTables;
  readonly #statements: Readonly<Record<keyof ReturnType<typeof historySql>, StatementSync>>;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#tables = tables;
    this.#statements = prepareAll(database, historySql(tables));
  }

  /** The reading of a device at exactly this time. */
  find(device: number, timestamp: number): ReadingRow | undefined {
    const block = historyBlockOf(this.#tables, device);
    for (const row of eachRow(this.#statements.rowsOfMinute, { minute: Math.floor(timestamp / MINUTE), block })) {
      const entries = RowEntries.stored(this.#tables, row);
      const at = entries.find(device, timestamp);
      if (at !== -1) return entries.row(at);
    }
    return undefined;
  }

  /** The readings of one device in a window, minute by minute, in no particular order within a minute. */
  *ofDevice(device: number, { from, to }: TimeWindow): Iterable<Entry> {
    const bounds = { ...minuteBounds({ from, to }), block: historyBlockOf(this.#tables, device) };
    for (const row of eachRow(this.#statements.rowsOfBlock, bounds)) {
      const entries = RowEntries.stored(this.#tables, row);
      for (let at = entries.next(device, 0); at !== -1; at = entries.next(device, at + 1)) {
        const timestamp = entries.timestamp(at);
        if (timestamp >= from && timestamp < to) yield { entries, at };
      }
    }
  }

  /**
   * Adds every reading of the minutes that the window touches to `sums`, with its device as the key. Throws only at the
   * end when rows are damaged, and then names them.
   */
  sumByDevice(sums: EntrySums, window: TimeWindow, { first, last }: DeviceRange = ALL_DEVICES): void {
    const blocks = { firstBlock: historyBlockOf(this.#tables, first), lastBlock: historyBlockOf(this.#tables, last) };
    const damage: string[] = [];
    for (const row of eachRow(this.#statements.rowsOfBlocks, { ...minuteBounds(window), ...blocks })) {
      const entries = this.#readable(row, damage);
      if (entries === undefined) continue;
      for (let at = 0; at < entries.count; at++) {
        const device = entries.device(at);
        if (device >= first && device <= last) sums.add(device, entries, at);
      }
    }
    if (damage.length > 0) throw new StoreDamagedError(damage.join('; '));
  }

  #readable(row: Readonly<Record<string, SQLOutputValue>>, damage: string[]): RowEntries | undefined {
    try {
      return RowEntries.stored(this.#tables, row);
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error;
      if (damage.length < MAX_NAMED_ROWS) damage.push(error.message);
      return undefined;
    }
  }
}

/** For each stream: its tables, its history, and the statements in `sql`. */
export function streamReaders<K extends string>(
  database: DatabaseSync,
  sql: (tables: StreamTables) => Readonly<Record<K, string>>,
) {
  return byKind((kind) => {
    const tables = storedTables(database, kind);
    return { tables, statements: prepareAll(database, sql(tables)), history: new HistoryReader(database, tables) };
  });
}

/** SQLite has no infinities for integers; all times lie between these. */
export function bounded(time: number): number {
  return Math.min(Math.max(time, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function minuteBounds({ from, to }: TimeWindow) {
  return { firstMinute: Math.floor(bounded(from) / MINUTE), lastMinute: Math.floor((bounded(to) - 1) / MINUTE) };
}
