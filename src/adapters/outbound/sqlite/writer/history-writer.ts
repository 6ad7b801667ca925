import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { StoreDamagedError } from '#application/errors';
import { MINUTE } from '#domain/time/time';
import { prepareAll } from '../format/connection.ts';
import { historyBlockOf, ROW_COLUMNS } from '../format/history-blocks.ts';
import type { ReadingRow } from '../format/reading-row.ts';
import { rowChecksum } from '../format/row-checksum.ts';
import { RowEntries } from '../format/row-entries.ts';
import type { StreamTables } from '../format/stream-tables.ts';

/** Blocks kept open after a commit, 4,000 bytes each: 4 MiB per stream, enough for a minute of 200,000 devices. */
const MAX_OPEN = 1_024;

/** A block of a minute, with its last row in memory. */
interface OpenBlock {
  readonly minute: number;
  readonly number: number;
  /** The part being filled, and its readings. */
  part: number;
  readonly entries: RowEntries;
  /** Whether it holds readings that are not written yet. */
  isChanged: boolean;
  /** Why one of its parts cannot be read. Readings of that part are not found. */
  damage: StoreDamagedError | undefined;
}

interface OpenMinute {
  /** Whether the database had no row of this minute when it was opened, so that no block has to be looked up. */
  readonly isNew: boolean;
  readonly blocks: Map<number, OpenBlock>;
}

/**
 * Writes the history of one stream, inside the running transaction. Rows being filled stay in memory, so that adding a
 * reading needs no query.
 */
export class HistoryWriter {
  readonly #tables: StreamTables;
  readonly #statements;
  readonly #minutes = new Map<number, OpenMinute>(); // least recently used first
  #open = 0; // blocks
  readonly #changed = new Set<OpenBlock>();
  /** The full parts of a block, loaded when a lookup in this transaction needs them. */
  readonly #full = new Map<OpenBlock, RowEntries[]>();
  /** Entries of closed blocks, for reuse: new ones would make long histories of one device 1.5 times as expensive. */
  readonly #spare: RowEntries[] = [];
  #recent: OpenBlock | undefined;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#tables = tables;
    this.#statements = prepareAll(database, {
      ...historyWriterSql(tables),
      write: `INSERT INTO ${tables.history} (minute, block, part, wide, entries, checksum) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (minute, block, part)
          DO UPDATE SET wide = excluded.wide, entries = excluded.entries, checksum = excluded.checksum`,
    });
  }

  /** Adds a reading that is not stored yet and whose values begin at `numbers[at]`; `write` stores it. */
  add(device: number, timestamp: number, numbers: ArrayLike<number>, at: number): void {
    const block = this.#block(device, timestamp);
    if (!block.entries.add(device, timestamp, numbers, at)) {
      this.#beginPart(block);
      block.entries.add(device, timestamp, numbers, at);
    }
    if (block.isChanged) return;
    block.isChanged = true;
    this.#changed.add(block);
  }

  /**
   * The reading with this key, whether written or only added. Throws `StoreDamagedError` when it is not found and may be
   * in a part that cannot be read.
   */
  find(device: number, timestamp: number): ReadingRow | undefined {
    const block = this.#block(device, timestamp);
    for (const entries of [block.entries, ...this.#fullParts(block)]) {
      const at = entries.find(device, timestamp);
      if (at !== -1) return entries.row(at);
    }
    if (block.damage !== undefined) throw block.damage;
    return undefined;
  }

  write(): void {
    for (const block of this.#changed) {
      this.#writePart(block);
      block.isChanged = false;
    }
    this.#changed.clear();
    this.#full.clear();
    this.#closeOldMinutes();
    this.#recent = undefined;
  }

  /** Drops the cache and unwritten readings. Call it when the transaction did not commit. */
  forget(): void {
    this.#minutes.clear();
    this.#open = 0;
    this.#changed.clear();
    this.#full.clear();
    this.#recent = undefined;
  }

  /** Closes the least recently used minutes as a whole: `isNew` holds only while all blocks of a minute are open. */
  #closeOldMinutes(): void {
    for (const [minute, { blocks }] of this.#minutes) {
      if (this.#open <= MAX_OPEN) break;
      for (const { entries } of blocks.values()) if (this.#spare.length < MAX_OPEN) this.#spare.push(entries);
      this.#open -= blocks.size;
      this.#minutes.delete(minute);
    }
  }

  #writePart({ minute, number, part, entries }: OpenBlock): void {
    const { wide } = entries;
    const bytes = entries.toBytes();
    const checksum = rowChecksum({ minute, block: number, part, wide, entries: bytes });
    this.#statements.write.run(minute, number, part, wide, bytes, checksum);
  }

  #beginPart(block: OpenBlock): void {
    if (block.isChanged) this.#writePart(block);
    const { minute, number, entries } = block;
    this.#full.get(block)?.push(entries.copy());
    block.part++;
    entries.begin(minute, number);
  }

  #fullParts(block: OpenBlock): readonly RowEntries[] {
    if (block.part === 0) return [];
    const known = this.#full.get(block);
    if (known !== undefined) return known;
    const parts: RowEntries[] = [];
    for (const row of this.#statements.partsBefore.all(block.minute, block.number, block.part)) {
      const entries = this.#stored(row);
      if (entries instanceof StoreDamagedError) block.damage = entries;
      else parts.push(entries);
    }
    this.#full.set(block, parts);
    return parts;
  }

  /** The entries of a row, or why they cannot be read. */
  #stored(row: Readonly<Record<string, SQLOutputValue>>): RowEntries | StoreDamagedError {
    try {
      return RowEntries.stored(this.#tables, row);
    } catch (error) {
      if (error instanceof StoreDamagedError) return error;
      throw error;
    }
  }

  #block(device: number, timestamp: number): OpenBlock {
    const minute = Math.floor(timestamp / MINUTE);
    const number = historyBlockOf(this.#tables, device);
    if (this.#recent?.minute === minute && this.#recent.number === number) return this.#recent;
    const opened = this.#minute(minute);
    this.#recent = opened.blocks.get(number) ?? this.#openBlock(minute, number, opened);
    return this.#recent;
  }

  #minute(minute: number): OpenMinute {
    const opened = this.#minutes.get(minute) ?? {
      isNew: this.#statements.hasMinute.get(minute) === undefined,
      blocks: new Map(),
    };
    this.#minutes.delete(minute);
    this.#minutes.set(minute, opened);
    return opened;
  }

  #openBlock(minute: number, number: number, { isNew, blocks }: OpenMinute): OpenBlock {
    const entries = this.#spare.pop() ?? RowEntries.empty(this.#tables);
    const last = isNew ? undefined : this.#statements.lastPart.get(minute, number);
    const stored = last && this.#stored(last);
    const block: OpenBlock = {
      minute,
      number,
      part: Number(last?.part ?? 0),
      entries,
      isChanged: false,
      damage: undefined,
    };
    if (stored instanceof StoreDamagedError) {
      block.damage = stored;
      block.part++; // what is there stays as it is
      entries.begin(minute, number);
    } else entries.begin(minute, number, stored);
    blocks.set(number, block);
    this.#open++;
    return block;
  }
}

/** The SQL that looks up rows before they are written. */
export function historyWriterSql({ history }: StreamTables) {
  const columns = ROW_COLUMNS.join(', ');
  return {
    hasMinute: `SELECT 1 AS found FROM ${history} WHERE minute = ? LIMIT 1`,
    lastPart: `SELECT ${columns} FROM ${history} WHERE minute = ? AND block = ? ORDER BY part DESC LIMIT 1`,
    partsBefore: `SELECT ${columns} FROM ${history} WHERE minute = ? AND block = ? AND part < ?`,
  };
}
