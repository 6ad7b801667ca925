import { StoreDamagedError } from '#application/errors';
import { kinds } from '#domain/streams/streams';
import { CONFLICT_CODE, type CommitAnswer, DAMAGE_CODE, DUPLICATE_CODE } from '../format/commit-answer.ts';
import {
  type CommitColumns,
  DEVICE,
  type FieldOrder,
  ROW_WIDTH,
  STREAM,
  TIMESTAMP,
  UNKNOWN,
  VALUES,
} from '../format/commit-columns.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import type { ReadingRow } from '../format/reading-row.ts';
import { storedTables } from '../format/stored-tables.ts';
import { ENERGY, type StreamTables } from '../format/stream-tables.ts';
import { FleetSums } from './fleet-sums.ts';
import { StreamWriter } from './stream-writer.ts';
import { checkWrites } from './write-check.ts';

/**
 * Commits readings; each call is one transaction over history, live state and totals. When `commit` returns, the
 * transaction is on disk. When it throws, none of it is.
 */
export class CommitTransaction {
  readonly #database: OwnedDatabase;
  readonly #tables: readonly StreamTables[];
  readonly #streams: readonly StreamWriter[];
  readonly #fleet: FleetSums;
  #hasFailed = false;

  constructor(database: OwnedDatabase) {
    this.#database = database;
    this.#tables = kinds.map((kind) => storedTables(database, kind));
    this.#streams = this.#tables.map((tables) => new StreamWriter(database, tables));
    this.#fleet = new FleetSums(database);
  }

  /**
   * Throws if a commit has failed, most likely because the disk is full, and as much still cannot be written. That a later
   * commit succeeds proves little: it may have been smaller, or have had nothing to write.
   */
  checkWrites(): void {
    if (!this.#hasFailed) return;
    checkWrites(this.#database);
    this.#hasFailed = false;
  }

  /** The order in which rows must have their measured fields. It never changes while the file is open. */
  fieldOrder(): FieldOrder {
    return this.#tables.map(({ measured }) => measured);
  }

  /**
   * With `atomic` and a conflict, or a row that cannot be judged, nothing is stored, and the answer says what would have
   * happened to each row.
   */
  commit(columns: CommitColumns, atomic: boolean): CommitAnswer {
    try {
      this.#database.begin();
      const answer = this.#write(columns);
      if (atomic && (answer.conflicts ?? answer.damage) !== undefined) {
        this.#rollBack();
        return { ...answer, devices: [] };
      }
      this.#database.commit();
      return answer;
    } catch (error) {
      this.#hasFailed = true;
      this.#rollBack();
      throw error;
    }
  }

  /** Drops what is kept in memory between commits, because somebody else has changed the tables. */
  forget(): void {
    for (const stream of this.#streams) stream.forget();
  }

  /**
   * A row newer than its device's live state is new for certain. The others are late and looked up one by one, after
   * all fresh rows: of two rows with the same key only the first can be fresh.
   */
  #write({ numbers, unknown }: CommitColumns): CommitAnswer {
    const devices = unknown.map(({ stream, id }) => (this.#streams[stream] as StreamWriter).device(id));
    const late: number[] = [];
    const rows = numbers.length / ROW_WIDTH;
    let found = 0;
    for (let row = 0; row < rows; row++) {
      const at = row * ROW_WIDTH;
      if (numbers[at + DEVICE] === UNKNOWN) numbers[at + DEVICE] = devices[found++] as number;
      if (this.#stream(numbers, row).addFresh(numbers, row)) this.#count(numbers, row);
      else late.push(row);
    }

    const codes = late.length === 0 ? undefined : new Uint8Array(rows);
    const conflicts: ReadingRow[] = [];
    const damage: string[] = [];
    for (const row of late) {
      const stored = this.#addLate(numbers, row);
      if (stored === undefined) this.#count(numbers, row);
      else if (codes === undefined) continue;
      else if (stored instanceof StoreDamagedError) {
        codes[row] = DAMAGE_CODE;
        damage.push(stored.message);
      } else {
        codes[row] = this.#hasValuesOf(numbers, row, stored) ? DUPLICATE_CODE : CONFLICT_CODE;
        if (codes[row] === CONFLICT_CODE) conflicts.push(stored);
      }
    }
    for (const stream of this.#streams) stream.write();
    this.#fleet.write();
    return {
      devices,
      ...(codes && { codes }),
      ...(conflicts.length > 0 && { conflicts }),
      ...(damage.length > 0 && { damage }),
    };
  }

  /** The row that is stored with this key, if any, or why that cannot be said. */
  #addLate(numbers: Float64Array, row: number): ReadingRow | StoreDamagedError | undefined {
    try {
      return this.#stream(numbers, row).addLate(numbers, row);
    } catch (error) {
      if (error instanceof StoreDamagedError) return error;
      throw error;
    }
  }

  #stream(numbers: Float64Array, row: number): StreamWriter {
    return this.#streams[numbers[row * ROW_WIDTH + STREAM] as number] as StreamWriter;
  }

  /** Whether a row has the values of the stored one with its key. When each was received does not matter. */
  #hasValuesOf(numbers: Float64Array, row: number, stored: ReadingRow): boolean {
    const at = row * ROW_WIDTH;
    const { values } = this.#tables[numbers[at + STREAM] as number] as StreamTables;
    return values.every((column, i) => column === 'receivedAt' || numbers[at + VALUES + i] === stored[column]);
  }

  #count(numbers: Float64Array, row: number): void {
    const at = row * ROW_WIDTH;
    this.#fleet.add(
      numbers[at + STREAM] as number,
      numbers[at + TIMESTAMP] as number,
      numbers[at + VALUES + ENERGY] as number,
    );
  }

  /** Drops the caches first. If ROLLBACK fails, the next commit fails at BEGIN and rolls back again. */
  #rollBack(): void {
    this.#fleet.clear();
    this.forget();
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }
}
