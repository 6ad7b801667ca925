import type { DatabaseSync, StatementSync } from 'node:sqlite';

export const MARK_SCHEMA = `
    CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;`;

/**
 * Points in time. The start of the history and the last evaluation move forward, and back only when a clock that was ahead
 * has left them in the future. The confirmed time and what the clock showed then move in any direction.
 */
export type MarkName = 'horizon' | 'evaluation' | 'confirmed' | 'clock';

export class Marks {
  readonly #get: StatementSync;
  readonly #advance: StatementSync;
  readonly #set: StatementSync;

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT value FROM marks WHERE name = ?');
    const insert = 'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET';
    this.#advance = database.prepare(`${insert} value = MAX(value, excluded.value)`);
    this.#set = database.prepare(`${insert} value = excluded.value`);
  }

  get(name: MarkName): number | undefined {
    return this.#get.get(name)?.value as number | undefined;
  }

  /** Moves a mark forward; an earlier time changes nothing. Throws on a connection that cannot write. */
  advance(name: MarkName, time: number): void {
    this.#advance.run(name, time);
  }

  /** Moves a mark to any time. Throws as `advance` does. */
  set(name: MarkName, time: number): void {
    this.#set.run(name, time);
  }
}
