import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { StoreDamagedError } from '#application/errors';
import { kinds } from '#domain/streams/streams';
import { HOUR, MINUTE } from '#domain/time/time';
import { ROW_COLUMNS } from '../format/history-blocks.ts';
import { liveBlockSql, NewestTimestamps } from '../format/live-blocks.ts';
import type { Marks } from '../format/marks.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { RowEntries } from '../format/row-entries.ts';
import { storedTables } from '../format/stored-tables.ts';
import type { StreamTables } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';

/** Drops old history in steps of one minute of one stream: some milliseconds each, with ingestion in between. */
export class HistoryDropper {
  readonly #database: OwnedDatabase;
  readonly #marks: Marks;
  readonly #firstUnclosed: StatementSync;
  readonly #streams;

  constructor(database: OwnedDatabase, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
    this.#firstUnclosed = database.prepare(
      `SELECT f.hour AS hour FROM fleet_hours f LEFT JOIN closed_hours c ON c.stream = f.stream AND c.hour = f.hour
        WHERE f.stream = ? AND f.hour >= ? AND c.readings IS NOT f.readings ORDER BY f.hour LIMIT 1`,
    );
    this.#streams = kinds.map((kind) => {
      const tables = storedTables(database, kind);
      const { history, live, last } = tables;
      const columns = ['device', 'timestamp', ...tables.values];
      return {
        tables,
        oldest: database.prepare(`SELECT MIN(minute) AS minute FROM ${history}`),
        block: database.prepare(liveBlockSql(live)),
        rows: database.prepare(`SELECT ${ROW_COLUMNS.join(', ')} FROM ${history} WHERE minute = ?`),
        keep: database.prepare(
          `INSERT OR REPLACE INTO ${last} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ),
        drop: database.prepare(`DELETE FROM ${history} WHERE minute = ?`),
      };
    });
  }

  /**
   * Moves the horizon to `before`, or to the first hour without sums if that is earlier, and returns it. History before
   * it is no longer read and can be dropped step by step.
   */
  moveHorizon(before: number): number {
    const now = this.#marks.get('horizon');
    const unclosed = kinds.map((kind) => {
      const hour = this.#firstUnclosed.get(kind, Math.floor((now ?? Number.MIN_SAFE_INTEGER) / HOUR))?.hour;
      return hour === undefined ? Infinity : Number(hour) * HOUR;
    });
    const horizon = Math.max(now ?? -Infinity, Math.min(before, ...unclosed));
    transact(this.#database, () => this.#marks.advance('horizon', horizon));
    return horizon;
  }

  /**
   * Drops one minute before the horizon, keeping live state in `last`. Returns whether there may be more to drop. Rows
   * that are damaged go with the others: nobody reads them any more.
   */
  dropStep(): boolean {
    const end = (this.#marks.get('horizon') ?? -Infinity) / MINUTE;
    for (const { tables, oldest, block, rows, keep, drop } of this.#streams) {
      const minute = oldest.get()?.minute;
      if (typeof minute !== 'number' || minute >= end) continue;
      transact(this.#database, () => {
        const newest = new NewestTimestamps(block);
        for (const entries of rows.all(minute).flatMap((row) => readable(tables, row))) {
          for (let at = 0; at < entries.count; at++) {
            const [device, timestamp] = [entries.device(at), entries.timestamp(at)];
            if (newest.of(device) !== timestamp) continue;
            keep.run(device, timestamp, ...tables.values.map((_, index) => entries.value(index, at)));
          }
        }
        drop.run(minute);
      });
      return true;
    }
    return false;
  }
}

function readable(tables: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): readonly RowEntries[] {
  try {
    return [RowEntries.stored(tables, row)];
  } catch (error) {
    if (error instanceof StoreDamagedError) return [];
    throw error;
  }
}
