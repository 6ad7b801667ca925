import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/**
 * Rows per statement: one statement of 100 rows costs a third of 100 statements. The remainder is split into tens and
 * ones, so that three prepared statements cover any number of rows.
 */
const CHUNK_ROWS = [100, 10, 1];

export class BulkInsert {
  readonly #width: number;
  readonly #statements: readonly { readonly rows: number; readonly statement: StatementSync }[];

  /** `insert` is the statement up to `VALUES`, `suffix` the part after the rows (an `ON CONFLICT` clause). */
  constructor(database: DatabaseSync, insert: string, width: number, suffix = '') {
    this.#width = width;
    const row = `(${Array(width).fill('?').join(',')})`;
    this.#statements = CHUNK_ROWS.map((rows) => ({
      rows,
      statement: database.prepare(`${insert} VALUES ${Array(rows).fill(row).join(',')} ${suffix}`),
    }));
  }

  /** Inserts the rows in `values`, which holds them one after another. */
  run(values: readonly SQLInputValue[]): void {
    let at = 0;
    for (const { rows, statement } of this.#statements) {
      const length = rows * this.#width;
      for (; at + length <= values.length; at += length) statement.run(...values.slice(at, at + length));
    }
  }
}
