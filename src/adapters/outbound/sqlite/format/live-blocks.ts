import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Live state is the newest timestamp of each device; the reading itself is in the history. A row holds the timestamps
 * of 500 devices, 4,000 bytes, which with its key just fits into one page. Commits write whole pages, so a row costs no
 * more than a single device would.
 */
const DEVICES_PER_LIVE_BLOCK = 500;

/** The newest timestamp of a device without readings. */
export const NEVER = -Infinity;

export function liveBlockSchema(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (block INTEGER PRIMARY KEY, timestamps BLOB NOT NULL) STRICT;`;
}

export function liveBlockSql(table: string): string {
  return `SELECT timestamps FROM ${table} WHERE block = ?`;
}

/** The newest timestamps of one stream's devices by device number. Each block is read when first needed. */
export class NewestTimestamps {
  readonly #find: StatementSync;
  readonly #blocks: (Float64Array<ArrayBuffer> | undefined)[] = [];

  /** `find` is the prepared statement of `liveBlockSql`. */
  constructor(find: StatementSync) {
    this.#find = find;
  }

  of(device: number): number {
    return this.block(liveBlockOf(device))[slotOf(device)] as number;
  }

  block(number: number): Float64Array<ArrayBuffer> {
    const known = this.#blocks[number];
    if (known !== undefined) return known;
    const block = new Float64Array(DEVICES_PER_LIVE_BLOCK).fill(NEVER);
    const stored = this.#find.get(number)?.timestamps;
    if (stored instanceof Uint8Array) new Uint8Array(block.buffer).set(stored);
    this.#blocks[number] = block;
    return block;
  }

  forget(): void {
    this.#blocks.length = 0;
  }
}

/** The newest timestamps as the writer changes them. */
export class LiveBlocks {
  readonly #newest: NewestTimestamps;
  readonly #write: StatementSync;
  readonly #changed = new Set<number>();

  constructor(database: DatabaseSync, table: string) {
    this.#newest = new NewestTimestamps(database.prepare(liveBlockSql(table)));
    this.#write = database.prepare(
      `INSERT INTO ${table} (block, timestamps) VALUES (?, ?) ON CONFLICT DO UPDATE SET timestamps = excluded.timestamps`,
    );
  }

  newest(device: number): number {
    return this.#newest.of(device);
  }

  advance(device: number, timestamp: number): void {
    const block = liveBlockOf(device);
    this.#newest.block(block)[slotOf(device)] = timestamp;
    this.#changed.add(block);
  }

  /** Writes what has changed, inside the running transaction. */
  write(): void {
    for (const block of this.#changed) this.#write.run(block, new Uint8Array(this.#newest.block(block).buffer));
    this.#changed.clear();
  }

  /** Drops the cache and unwritten changes, which after a rollback differ from the database. */
  forget(): void {
    this.#newest.forget();
    this.#changed.clear();
  }
}

function liveBlockOf(device: number): number {
  return Math.floor(device / DEVICES_PER_LIVE_BLOCK);
}

function slotOf(device: number): number {
  return device % DEVICES_PER_LIVE_BLOCK;
}
