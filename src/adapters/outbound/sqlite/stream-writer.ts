import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { MINUTE } from '#domain/time';
import { BulkInsert } from './bulk-insert.ts';
import { ROW_WIDTH, TIMESTAMP, VALUES } from './commit-columns.ts';
import { LiveBlocks } from './live-blocks.ts';
import { type ReadingRow, readingSql } from './reading-row.ts';
import { deviceNumberSql, type StreamTables, valueColumns } from './stream-tables.ts';

/** The statements that write one stream, all inside of a transaction that is already running. */
export class StreamWriter {
  readonly #values: number;
  readonly #live: LiveBlocks;
  readonly #findDevice: StatementSync;
  readonly #addDevice: StatementSync;
  readonly #insertFresh: BulkInsert;
  readonly #insertLate: StatementSync;
  readonly #stored: StatementSync;
  #fresh: number[] = [];

  constructor(database: DatabaseSync, tables: StreamTables) {
    const { devices, live, history } = tables;
    const columns = valueColumns(tables);
    this.#values = columns.length;
    this.#live = new LiveBlocks(database, live);
    this.#findDevice = database.prepare(deviceNumberSql(tables));
    this.#addDevice = database.prepare(`INSERT INTO ${devices} (id) VALUES (?)`);
    const insert = `INSERT INTO ${history} (minute, device, timestamp, ${columns.join(', ')})`;
    this.#insertFresh = new BulkInsert(database, insert, columns.length + 3);
    this.#insertLate = database.prepare(
      `${insert} VALUES (${Array(columns.length + 3)
        .fill('?')
        .join(',')}) ON CONFLICT DO NOTHING`,
    );
    this.#stored = database.prepare(readingSql(tables));
  }

  /** The number of the device with this id, given to it when it is new. */
  device(id: string): number {
    return Number(this.#findDevice.get(id)?.number ?? this.#addDevice.run(id).lastInsertRowid);
  }

  /** The timestamp of a device's live state. */
  newest(device: number): number {
    return this.#live.newest(device);
  }

  /** Takes a row that is newer than the device's live state: it cannot be there yet. Written by `writeFresh`. */
  takeFresh(device: number, numbers: Float64Array, row: number): void {
    const at = row * ROW_WIDTH;
    const timestamp = numbers[at + TIMESTAMP] as number;
    this.#live.advance(device, timestamp);
    this.#fresh.push(Math.floor(timestamp / MINUTE), device, timestamp);
    for (let i = 0; i < this.#values; i++) this.#fresh.push(numbers[at + VALUES + i] as number);
  }

  /** Writes the rows taken as fresh, and the live states they lead to. */
  writeFresh(): void {
    this.#insertFresh.run(this.#fresh);
    this.#fresh = [];
    this.#live.write();
  }

  /** Inserts a late row. Returns the row that stands in its place, or `undefined` when it was stored. */
  insertLate(device: number, numbers: Float64Array, row: number): ReadingRow | undefined {
    const at = row * ROW_WIDTH;
    const timestamp = numbers[at + TIMESTAMP] as number;
    const minute = Math.floor(timestamp / MINUTE);
    const values = numbers.subarray(at + VALUES, at + VALUES + this.#values);
    const { changes } = this.#insertLate.run(minute, device, timestamp, ...values);
    return changes !== 0 ? undefined : this.#stored.get(minute, device, timestamp);
  }

  /** Forgets what the database may not hold: to be called when a transaction did not commit. */
  forget(): void {
    this.#live.forget();
    this.#fresh = [];
  }
}
