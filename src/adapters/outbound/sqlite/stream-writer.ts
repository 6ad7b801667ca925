import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Reading } from '#domain/reading';
import { MINUTE } from '#domain/time';
import { BulkInsert } from './bulk-insert.ts';
import { ROW_WIDTH, TIMESTAMP, VALUES } from './commit-columns.ts';
import { readingColumns, readingFromRow } from './reading-row.ts';
import { type StreamTables, valueColumns } from './stream-tables.ts';

/** A device as the writer remembers it between commits. */
export interface Device {
  readonly number: number;
  /** The timestamp of its live state; `-Infinity` before its first reading. */
  newest: number;
  /** The row of the running commit that becomes its live state, or -1. */
  liveRow: number;
}

/** How many devices are remembered, about 150 bytes each, before the memory is dropped and filled anew. */
const REMEMBERED_DEVICES = 500_000;

/** The statements that write one stream, all inside of a transaction that is already running. */
export class StreamWriter {
  readonly #tables: StreamTables;
  readonly #values: number;
  readonly #devices = new Map<string, Device>();
  readonly #advanced: Device[] = [];
  readonly #findDevice: StatementSync;
  readonly #addDevice: StatementSync;
  readonly #insertFresh: BulkInsert;
  readonly #insertLate: StatementSync;
  readonly #stored: StatementSync;
  readonly #upsertLive: BulkInsert;
  #fresh: number[] = [];

  constructor(database: DatabaseSync, tables: StreamTables) {
    const { devices, live, history } = tables;
    const columns = valueColumns(tables);
    this.#tables = tables;
    this.#values = columns.length;
    this.#findDevice = database.prepare(
      `SELECT number, timestamp FROM ${devices} LEFT JOIN ${live} ON device = number WHERE id = ?`,
    );
    this.#addDevice = database.prepare(`INSERT INTO ${devices} (id) VALUES (?)`);
    const insert = `INSERT INTO ${history} (minute, device, timestamp, ${columns.join(', ')})`;
    this.#insertFresh = new BulkInsert(database, insert, columns.length + 3);
    this.#insertLate = database.prepare(
      `${insert} VALUES (${Array(columns.length + 3)
        .fill('?')
        .join(',')}) ON CONFLICT DO NOTHING`,
    );
    this.#stored = database.prepare(
      `SELECT ${readingColumns(tables, 'h')} FROM ${history} h WHERE minute = ? AND device = ? AND timestamp = ?`,
    );
    this.#upsertLive = new BulkInsert(
      database,
      `INSERT INTO ${live} (device, timestamp, ${columns.join(', ')})`,
      columns.length + 2,
      `ON CONFLICT (device) DO UPDATE SET ${['timestamp', ...columns].map((column) => `${column} = excluded.${column}`).join(', ')}`,
    );
  }

  /** The device of an id, given a number when it is new. */
  device(id: string): Device {
    const known = this.#devices.get(id);
    if (known !== undefined) return known;
    const row = this.#findDevice.get(id);
    const device: Device = {
      number: Number(row?.number ?? this.#addDevice.run(id).lastInsertRowid),
      newest: typeof row?.timestamp === 'number' ? row.timestamp : -Infinity,
      liveRow: -1,
    };
    this.#devices.set(id, device);
    return device;
  }

  /** Takes a row that is newer than the device's live state: it cannot be there yet. Written by `writeFresh`. */
  takeFresh(device: Device, numbers: Float64Array, row: number): void {
    const at = row * ROW_WIDTH;
    const timestamp = numbers[at + TIMESTAMP] as number;
    device.newest = timestamp;
    if (device.liveRow === -1) this.#advanced.push(device);
    device.liveRow = row;
    this.#fresh.push(Math.floor(timestamp / MINUTE), device.number, timestamp);
    for (let i = 0; i < this.#values; i++) this.#fresh.push(numbers[at + VALUES + i] as number);
  }

  /** Writes the rows taken as fresh, and the live states they lead to. */
  writeFresh(numbers: Float64Array): void {
    this.#insertFresh.run(this.#fresh);
    this.#fresh = [];
    const live: number[] = [];
    for (const device of this.#advanced) {
      const at = device.liveRow * ROW_WIDTH;
      live.push(device.number);
      for (let i = TIMESTAMP; i < VALUES + this.#values; i++) live.push(numbers[at + i] as number);
      device.liveRow = -1;
    }
    this.#advanced.length = 0;
    this.#upsertLive.run(live);
  }

  /** Inserts a late row. Returns the reading that stands in its place, or `undefined` when it was stored. */
  insertLate(id: string, device: Device, numbers: Float64Array, row: number): Reading | undefined {
    const at = row * ROW_WIDTH;
    const timestamp = numbers[at + TIMESTAMP] as number;
    const minute = Math.floor(timestamp / MINUTE);
    const values = numbers.subarray(at + VALUES, at + VALUES + this.#values);
    const { changes } = this.#insertLate.run(minute, device.number, timestamp, ...values);
    if (changes !== 0) return undefined;
    const stored = this.#stored.get(minute, device.number, timestamp);
    return stored && readingFromRow(this.#tables, id, stored);
  }

  /** Forgets what the database may not hold: to be called when a transaction did not commit. */
  forget(): void {
    this.#devices.clear();
    this.#advanced.length = 0;
    this.#fresh = [];
  }

  /** Keeps the memory of devices within its bound. Only between commits. */
  trim(): void {
    if (this.#devices.size > REMEMBERED_DEVICES) this.#devices.clear();
  }
}
