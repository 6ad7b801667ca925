import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/**
 * Rows a statement: a statement of 100 rows costs a third of 100 statements. Below 100 the rest is cut into tens and
 * ones, so that three prepared statements serve every number of rows.
 */
const CHUNKS = [100, 10, 1];

/** `INSERT` of many rows with few statements. */
export class BulkInsert {
  readonly #width: number;
  readonly #statements: readonly { readonly rows: number; readonly statement: StatementSync }[];

  /** `insert` is the statement up to `VALUES`, `suffix` what follows the rows (an `ON CONFLICT` clause). */
  constructor(database: DatabaseSync, insert: string, width: number, suffix = '') {
    this.#width = width;
    const row = `(${Array(width).fill('?').join(',')})`;
    this.#statements = CHUNKS.map((rows) => ({
      rows,
      statement: database.prepare(`${insert} VALUES ${Array(rows).fill(row).join(',')} ${suffix}`),
    }));
  }

  /** Inserts the rows that lie one after another in `values`. Returns how many rows the database changed. */
  run(values: readonly SQLInputValue[]): number {
    let at = 0;
    let changed = 0;
    for (const { rows, statement } of this.#statements) {
      const length = rows * this.#width;
      for (; at + length <= values.length; at += length) {
        changed += Number(statement.run(...values.slice(at, at + length)).changes);
      }
    }
    return changed;
  }
}
