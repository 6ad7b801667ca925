import type { SQLOutputValue } from 'node:sqlite';
import { millionths } from '#domain/reading/totals';
import { MINUTE } from '#domain/time/time';
import {
  entryBytes,
  historyBlockSize,
  isWide,
  MAX_ENTRIES_BYTES,
  NARROW_BYTES,
  rowCapacity,
  WIDE_BYTES,
} from './history-blocks.ts';
import type { ReadingRow } from './reading-row.ts';
import { RECEIVED_AT, type StreamTables } from './stream-tables.ts';

/** Narrow measured values are in thousandths of their unit. */
const MEASURED_SCALE = 1_000;
const MILLIONTHS_PER_NARROW = 1_000_000 / MEASURED_SCALE;

/** Where a row is assembled. Allocating memory for each would cost as much as all the other work. */
const assembled = new Uint8Array(MAX_ENTRIES_BYTES);

type ValueColumn = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

interface Columns {
  /** In the order of `StreamTables.values`. */
  readonly values: ValueColumn[];
  /** Milliseconds since the start of the minute. */
  readonly times: Uint16Array<ArrayBuffer>;
  /** Positions of the devices in the block. */
  readonly slots: Uint8Array<ArrayBuffer>;
}

/** The readings of one row of history, by index in order of arrival. */
export class RowEntries {
  readonly #tables: StreamTables;
  readonly #columns: Columns;
  #minute = 0;
  #start = 0; // of the minute, in ms
  #firstDevice = 0; // of the block
  #wide = 0;
  #count = 0;
  #capacity = 0;

  private constructor(tables: StreamTables, columns: Columns) {
    this.#tables = tables;
    this.#columns = columns;
  }

  /**
   * The entries of a stored row with `ROW_COLUMNS`, without copying them. Throws when their size shows that they are
   * damaged.
   */
  static stored(tables: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): RowEntries {
    const bytes = row.entries as Uint8Array<ArrayBuffer>;
    const wide = Number(row.wide);
    const count = bytes.length / entryBytes(tables, wide);
    if (!Number.isInteger(count)) {
      const key = `minute ${row.minute}, block ${row.block}, wide ${wide}`;
      throw new Error(
        `damaged row in ${tables.history} (${key}): ${bytes.length} bytes are not a whole number of readings`,
      );
    }
    const entries = new RowEntries(tables, columnsIn(bytes, tables, wide, count));
    entries.#place(Number(row.minute), Number(row.block));
    entries.#wide = wide;
    entries.#count = count;
    return entries;
  }

  /** No entries, with room for a full row. Call `begin` before use. */
  static empty(tables: StreamTables): RowEntries {
    const size = historyBlockSize(tables);
    const values = tables.values.map(() => new Int32Array(size));
    return new RowEntries(tables, { values, times: new Uint16Array(size), slots: new Uint8Array(size) });
  }

  get count(): number {
    return this.#count;
  }

  get wide(): number {
    return this.#wide;
  }

  device(at: number): number {
    return this.#firstDevice + (this.#columns.slots[at] as number);
  }

  /** Of all entries, counted from the epoch. */
  get minute(): number {
    return this.#minute;
  }

  /** Milliseconds since the start of the minute. */
  sinceMinute(at: number): number {
    return this.#columns.times[at] as number;
  }

  timestamp(at: number): number {
    return this.#start + (this.#columns.times[at] as number);
  }

  /** `index` is the value's index in `StreamTables.values`. */
  value(index: number, at: number): number {
    const stored = this.#columns.values[index]?.[at] as number;
    return isWide(this.#wide, index) ? stored : this.#fromNarrow(index, stored);
  }

  /** The value of a measured field in millionths of its unit. */
  millionths(index: number, at: number): number {
    const stored = this.#columns.values[index]?.[at] as number;
    return isWide(this.#wide, index) ? millionths(stored) : stored * MILLIONTHS_PER_NARROW;
  }

  row(at: number): ReadingRow {
    const row: ReadingRow = { timestamp: this.timestamp(at) };
    for (const [index, column] of this.#tables.values.entries()) row[column] = this.value(index, at);
    return row;
  }

  /** The index of the device's first reading at or after `from`, or -1. */
  next(device: number, from: number): number {
    const at = this.#columns.slots.indexOf(device - this.#firstDevice, from);
    return at < this.#count ? at : -1;
  }

  /** The index of the reading with this key, or -1. */
  find(device: number, timestamp: number): number {
    let at = this.next(device, 0);
    while (at !== -1 && this.timestamp(at) !== timestamp) at = this.next(device, at + 1);
    return at;
  }

  /** Reuses this object for a minute and a block, starting with the readings of `stored`, if any. */
  begin(minute: number, block: number, stored?: RowEntries): void {
    this.#place(minute, block);
    this.#count = 0;
    this.#widen(0);
    if (stored === undefined) return;
    this.#widen(stored.wide);
    this.#count = stored.count;
    const { values, times, slots } = stored.#columns;
    for (const [index, column] of values.entries()) this.#columns.values[index]?.set(column);
    this.#columns.times.set(times);
    this.#columns.slots.set(slots);
  }

  /** Adds a reading whose values begin at `numbers[at]`. Returns `false` and adds nothing if there is no room. */
  add(device: number, timestamp: number, numbers: ArrayLike<number>, at: number): boolean {
    const { values, times, slots } = this.#columns;
    let wide = this.#wide;
    for (let index = 0; index < values.length; index++) {
      if (!isWide(wide, index) && !this.#isNarrow(index, numbers[at + index] as number)) wide |= 1 << index;
    }
    const capacity = wide === this.#wide ? this.#capacity : rowCapacity(this.#tables, wide);
    if (this.#count >= capacity) return false;
    if (wide !== this.#wide) this.#widen(wide);
    for (let index = 0; index < values.length; index++) {
      const value = numbers[at + index] as number;
      (values[index] as ValueColumn)[this.#count] = isWide(wide, index) ? value : this.#toNarrow(index, value);
    }
    times[this.#count] = timestamp - this.#start;
    slots[this.#count] = device - this.#firstDevice;
    this.#count++;
    return true;
  }

  copy(): RowEntries {
    const copy = RowEntries.empty(this.#tables);
    copy.begin(this.#minute, this.#firstDevice / historyBlockSize(this.#tables), this);
    return copy;
  }

  /** The bytes to store beside `wide`. They are valid until the next call of this method on any row. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = assembled.subarray(0, this.#count * entryBytes(this.#tables, this.#wide));
    const to = columnsIn(bytes, this.#tables, this.#wide, this.#count);
    const { values, times, slots } = this.#columns;
    for (const [index, column] of values.entries()) to.values[index]?.set(column.subarray(0, this.#count));
    to.times.set(times.subarray(0, this.#count));
    to.slots.set(slots.subarray(0, this.#count));
    return bytes;
  }

  #place(minute: number, block: number): void {
    this.#minute = minute;
    this.#start = minute * MINUTE;
    this.#firstDevice = block * historyBlockSize(this.#tables);
  }

  /** Changes the width of columns to match `wide`, keeping their values. */
  #widen(wide: number): void {
    const { values } = this.#columns;
    for (let index = 0; index < values.length; index++) {
      if (isWide(wide, index) === isWide(this.#wide, index)) continue;
      const size = historyBlockSize(this.#tables);
      const column = isWide(wide, index) ? new Float64Array(size) : new Int32Array(size);
      for (let at = 0; at < this.#count; at++) column[at] = this.value(index, at);
      values[index] = column;
    }
    this.#wide = wide;
    this.#capacity = rowCapacity(this.#tables, wide);
  }

  #isNarrow(index: number, value: number): boolean {
    const narrow = this.#toNarrow(index, value);
    return (narrow | 0) === narrow && this.#fromNarrow(index, narrow) === value;
  }

  #toNarrow(index: number, value: number): number {
    if (index > RECEIVED_AT) return Math.round(value * MEASURED_SCALE);
    return index === RECEIVED_AT ? value - this.#start : value;
  }

  #fromNarrow(index: number, narrow: number): number {
    if (index > RECEIVED_AT) return narrow / MEASURED_SCALE;
    return index === RECEIVED_AT ? narrow + this.#start : narrow;
  }
}

/** Views of the columns in the bytes of a row with `count` readings. */
function columnsIn(
  { buffer, byteOffset }: Uint8Array<ArrayBuffer>,
  tables: StreamTables,
  wide: number,
  count: number,
): Columns {
  const values: ValueColumn[] = [];
  let at = byteOffset;
  for (let index = 0; index < tables.values.length; index++) {
    if (!isWide(wide, index)) continue;
    values[index] = new Float64Array(buffer, at, count);
    at += count * WIDE_BYTES;
  }
  for (let index = 0; index < tables.values.length; index++) {
    if (isWide(wide, index)) continue;
    values[index] = new Int32Array(buffer, at, count);
    at += count * NARROW_BYTES;
  }
  const times = new Uint16Array(buffer, at, count);
  return { values, times, slots: new Uint8Array(buffer, at + times.byteLength, count) };
}
