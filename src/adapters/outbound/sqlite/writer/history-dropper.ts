import type { StatementSync } from 'node:sqlite';
import { kinds } from '#domain/streams/streams';
import { HOUR, MINUTE } from '#domain/time/time';
import { ROW_COLUMNS } from '../format/history-blocks.ts';
import { liveBlockSql, NewestTimestamps } from '../format/live-blocks.ts';
import type { Marks } from '../format/marks.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { readableEntries } from '../format/readable-entries.ts';
import { storedTables } from '../format/stored-tables.ts';
import { ENERGY } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import { FleetSums } from './fleet-sums.ts';

/** Drops old history in steps of one minute of one stream: some milliseconds each, with ingestion in between. */
export class HistoryDropper {
  readonly #database: OwnedDatabase;
  readonly #marks: Marks;
  readonly #forgetRows: () => void;
  readonly #firstUnclosed: StatementSync;
  readonly #streams;

  /** `forgetRows` drops the rows that commits keep in memory. */
  constructor(database: OwnedDatabase, marks: Marks, forgetRows: () => void) {
    this.#database = database;
    this.#forgetRows = forgetRows;
    this.#marks = marks;
    this.#firstUnclosed = database.prepare(
      `SELECT f.hour AS hour FROM fleet_hours f LEFT JOIN closed_hours c ON c.stream = f.stream AND c.hour = f.hour
        WHERE f.stream = ? AND f.hour >= ? AND c.readings IS NOT f.readings ORDER BY f.hour LIMIT 1`,
    );
    const deleteFrom = (key: string) => database.prepare(`DELETE FROM ${key} >= ?`);
    this.#streams = kinds.map((kind) => {
      const tables = storedTables(database, kind);
      const { history, live, last, hours } = tables;
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
        left: database.prepare(`SELECT ${ROW_COLUMNS.join(', ')} FROM ${history} WHERE minute >= ?`),
        forgetMinutes: deleteFrom(`fleet_minutes WHERE stream = '${kind}' AND minute`),
        forgetHours: [
          `fleet_hours WHERE stream = '${kind}' AND hour`,
          `closed_hours WHERE stream = '${kind}' AND hour`,
          `${hours} WHERE hour`,
        ].map(deleteFrom),
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
        for (const entries of rows.all(minute).flatMap((row) => readableEntries(tables, row))) {
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

  /**
   * Moves the horizon back to the start of an hour, and counts all sums from there on again: some may include readings
   * that have been dropped. An hour takes up to a second, in which nothing is committed.
   */
  moveBack(to: number): void {
    if ((this.#marks.get('horizon') ?? -Infinity) <= to) return;
    this.#forgetRows(); // they may hold readings that have been dropped
    const fleet = new FleetSums(this.#database);
    transact(this.#database, () => {
      this.#marks.set('horizon', to);
      for (const [stream, { tables, left, forgetMinutes, forgetHours }] of this.#streams.entries()) {
        forgetMinutes.run(to / MINUTE);
        for (const statement of forgetHours) statement.run(to / HOUR);
        for (const row of left.iterate(to / MINUTE)) {
          for (const entries of readableEntries(tables, row)) {
            for (let at = 0; at < entries.count; at++) {
              fleet.add(stream, entries.timestamp(at), entries.value(ENERGY, at));
            }
          }
        }
      }
      fleet.write();
    });
  }
}
