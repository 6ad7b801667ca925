import type { DatabaseSync } from 'node:sqlite';
import type { Reading } from '#domain/reading';
import { measuredValue } from '#domain/reading';
import { CONFLICT_CODE, type CommitAnswer, DUPLICATE_CODE } from './commit-answer.ts';
import { type CommitColumns, ID_SEPARATOR, ROW_WIDTH, STREAM, TIMESTAMP, VALUES } from './commit-columns.ts';
import { FleetSums } from './fleet-sums.ts';
import { streamTables } from './stream-tables.ts';
import { StreamWriter } from './stream-writer.ts';

/**
 * Commits readings, each call one transaction: history, live state and totals together or not at all. When `commit`
 * returns, the transaction is on the disk. When it throws, nothing of it is.
 */
export class CommitTransaction {
  readonly #database: DatabaseSync;
  readonly #streams: readonly StreamWriter[];
  readonly #fleet: FleetSums;
  #lastFailed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#streams = streamTables.map((tables) => new StreamWriter(database, tables));
    this.#fleet = new FleetSums(database);
  }

  /** Whether the last commit failed: a full disk, most likely. */
  get lastFailed(): boolean {
    return this.#lastFailed;
  }

  /** With `atomic` and a conflict nothing is stored; the answer tells what would have become of each row. */
  commit(columns: CommitColumns, atomic: boolean): CommitAnswer {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const answer = this.#write(columns);
      if (atomic && answer.conflicts !== undefined) {
        this.#rollBack();
        return answer;
      }
      this.#database.exec('COMMIT');
      for (const stream of this.#streams) stream.trim();
      this.#lastFailed = false;
      return answer;
    } catch (error) {
      this.#lastFailed = true;
      this.#rollBack();
      throw error;
    }
  }

  /**
   * A row newer than its device's live state cannot be there yet; all others are late and tried one by one. Late rows
   * come after all fresh ones: of two rows with the same key the first can be fresh, the second never.
   */
  #write({ numbers, ids }: CommitColumns): CommitAnswer {
    const late: { id: string; device: number; row: number }[] = [];
    const rows = numbers.length / ROW_WIDTH;
    const idOf = ids.split(ID_SEPARATOR);
    for (let row = 0; row < rows; row++) {
      const at = row * ROW_WIDTH;
      const id = idOf[row] as string;
      const stream = this.#stream(numbers, row);
      const device = stream.device(id);
      if ((numbers[at + TIMESTAMP] as number) > stream.newest(device)) {
        stream.takeFresh(device, numbers, row);
        this.#count(numbers, row);
      } else late.push({ id, device, row });
    }
    for (const stream of this.#streams) stream.writeFresh();

    const codes = late.length === 0 ? undefined : new Uint8Array(rows);
    const conflicts: Reading[] = [];
    for (const { id, device, row } of late) {
      const stored = this.#stream(numbers, row).insertLate(id, device, numbers, row);
      if (stored === undefined) this.#count(numbers, row);
      else if (codes !== undefined) {
        codes[row] = holds(numbers, row, stored) ? DUPLICATE_CODE : CONFLICT_CODE;
        if (codes[row] === CONFLICT_CODE) conflicts.push(stored);
      }
    }
    this.#fleet.write();
    return { ...(codes && { codes }), ...(conflicts.length > 0 && { conflicts }) };
  }

  #stream(numbers: Float64Array, row: number): StreamWriter {
    return this.#streams[numbers[row * ROW_WIDTH + STREAM] as number] as StreamWriter;
  }

  #count(numbers: Float64Array, row: number): void {
    const at = row * ROW_WIDTH;
    this.#fleet.add(numbers[at + STREAM] as number, numbers[at + TIMESTAMP] as number, numbers[at + VALUES] as number);
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#fleet.clear();
    for (const stream of this.#streams) stream.forget();
  }
}

/** Whether a row says the same as the reading that stands in its place. When they were received does not matter. */
function holds(numbers: Float64Array, row: number, stored: Reading): boolean {
  const at = row * ROW_WIDTH + VALUES;
  const { measured } = streamTables[numbers[row * ROW_WIDTH + STREAM] as number] as (typeof streamTables)[number];
  return (
    numbers[at] === stored.energy && measured.every((field, i) => numbers[at + 2 + i] === measuredValue(stored, field))
  );
}
