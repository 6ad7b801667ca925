import type { DatabaseSync, StatementSync } from 'node:sqlite';

export const MARK_SCHEMA = `
    CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;`;

/** Points in time that only move forward: the start of the history, the last evaluation. */
export type MarkName = 'horizon' | 'evaluation';

export class Marks {
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT value FROM marks WHERE name = ?');
    this.#set = database.prepare(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)',
    );
  }

  get(name: MarkName): number | undefined {
    return this.#get.get(name)?.value as number | undefined;
  }

  /** Moves a mark forward; an earlier time changes nothing. Throws on a connection that cannot write. */
  advance(name: MarkName, time: number): void {
    this.#set.run(name, time);
  }
}
