import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LivePageQuery } from '#application/ports/hot-store';
import type { Reading } from '#domain/reading/reading';
import { liveBlockSql, NEVER, NewestTimestamps } from '../format/live-blocks.ts';
import { readingColumns, readingFromRow } from '../format/reading-row.ts';
import { deviceNumberSql, type StreamTables } from '../format/stream-tables.ts';
import { readTogether } from '../format/transactions.ts';
import { HistoryReader } from './history-reader.ts';

/** The SQL that live state is read with. */
export function liveSql(tables: StreamTables) {
  const { devices, live, last } = tables;
  return {
    device: deviceNumberSql(tables),
    devices: `SELECT id, number FROM ${devices} WHERE id > ? ORDER BY id`,
    block: liveBlockSql(live),
    last: `SELECT ${readingColumns(tables, 'l')} FROM ${last} l WHERE device = ?`,
  };
}

/** The live state of one stream's devices. */
export class LiveQueries {
  readonly #database: DatabaseSync;
  readonly #tables: StreamTables;
  readonly #history: HistoryReader;
  readonly #statements: Readonly<Record<keyof ReturnType<typeof liveSql>, StatementSync>>;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#database = database;
    this.#tables = tables;
    this.#history = new HistoryReader(database, tables);
    const { device, devices, block, last } = liveSql(tables);
    this.#statements = {
      device: database.prepare(device),
      devices: database.prepare(devices),
      block: database.prepare(block),
      last: database.prepare(last),
    };
  }

  newest(deviceId: string): Reading | undefined {
    return readTogether(this.#database, () => {
      const device = this.#statements.device.get(deviceId)?.number;
      if (device === undefined) return undefined;
      const newest = new NewestTimestamps(this.#statements.block);
      return this.#reading(deviceId, Number(device), newest.of(Number(device)));
    });
  }

  /** No id sorts before the empty string. */
  page({ after = '', limit, olderThan = Infinity }: LivePageQuery): readonly Reading[] {
    return readTogether(this.#database, () => {
      const newest = new NewestTimestamps(this.#statements.block);
      const page: Reading[] = [];
      for (const { id, number } of this.#statements.devices.iterate(after)) {
        const timestamp = newest.of(Number(number));
        if (timestamp >= olderThan) continue;
        const reading = this.#reading(String(id), Number(number), timestamp);
        if (reading !== undefined) page.push(reading);
        if (page.length === limit) break;
      }
      return page;
    });
  }

  /** In the history, unless that has been dropped meanwhile. */
  #reading(deviceId: string, device: number, timestamp: number): Reading | undefined {
    if (timestamp === NEVER) return undefined;
    const row = this.#history.find(device, timestamp) ?? this.#statements.last.get(device);
    return row && readingFromRow(this.#tables, deviceId, row);
  }
}
