import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DEVICE, ROW_WIDTH, TIMESTAMP, VALUES } from '../format/commit-columns.ts';
import { LiveBlocks } from '../format/live-blocks.ts';
import type { ReadingRow } from '../format/reading-row.ts';
import { deviceNumberSql, type StreamTables } from '../format/stream-tables.ts';
import { HistoryWriter } from './history-writer.ts';

/** Writes one stream, inside the running transaction. */
export class StreamWriter {
  readonly #live: LiveBlocks;
  readonly #history: HistoryWriter;
  readonly #findDevice: StatementSync;
  readonly #addDevice: StatementSync;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#live = new LiveBlocks(database, tables.live);
    this.#history = new HistoryWriter(database, tables);
    this.#findDevice = database.prepare(deviceNumberSql(tables));
    this.#addDevice = database.prepare(`INSERT INTO ${tables.devices} (id) VALUES (?)`);
  }

  /** The number of the device with this id; a new device gets the next one. */
  device(id: string): number {
    return Number(this.#findDevice.get(id)?.number ?? this.#addDevice.run(id).lastInsertRowid);
  }

  /** Adds a row if it is newer than its device's live state, and so not stored yet. Returns whether it was. */
  addFresh(numbers: Float64Array, row: number): boolean {
    const at = row * ROW_WIDTH;
    const device = numbers[at + DEVICE] as number;
    const timestamp = numbers[at + TIMESTAMP] as number;
    if (timestamp <= this.#live.newest(device)) return false;
    this.#live.advance(device, timestamp);
    this.#history.add(device, timestamp, numbers, at + VALUES);
    return true;
  }

  /** Adds a late row unless one with its key is stored, which is returned then. */
  addLate(numbers: Float64Array, row: number): ReadingRow | undefined {
    const at = row * ROW_WIDTH;
    const device = numbers[at + DEVICE] as number;
    const timestamp = numbers[at + TIMESTAMP] as number;
    const stored = this.#history.find(device, timestamp);
    if (stored === undefined) this.#history.add(device, timestamp, numbers, at + VALUES);
    return stored;
  }

  write(): void {
    this.#history.write();
    this.#live.write();
  }

  /** Drops caches and unwritten rows. Call it when the transaction did not commit. */
  forget(): void {
    this.#live.forget();
    this.#history.forget();
  }
}
