import type { DatabaseSync } from 'node:sqlite';
import type { WarningQuery } from '#application/ports/warning-repository';
import type { LossWarning, WarningChange, WarningWatch } from '#domain/loss-warning';
import { prepareAll } from '../format/connection.ts';
import { Marks } from '../format/marks.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { transact } from '../format/transactions.ts';

/** A warning is stored as JSON, beside the columns that queries need. */
export const WARNING_SCHEMA = `
    CREATE TABLE IF NOT EXISTS warnings (
      id TEXT PRIMARY KEY, state TEXT NOT NULL, openedAt INTEGER NOT NULL, warning TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS warnings_newest ON warnings (openedAt, id);
    CREATE INDEX IF NOT EXISTS warnings_by_state ON warnings (state, openedAt, id);
    CREATE TABLE IF NOT EXISTS warning_watches (
      vehicleId TEXT PRIMARY KEY, evaluatedTo INTEGER NOT NULL, below INTEGER NOT NULL, openId TEXT
    ) STRICT, WITHOUT ROWID;`;

const END_OF_TIME = Number.MAX_SAFE_INTEGER;
const list = (condition: string) => `SELECT warning FROM warnings
  WHERE ${condition}(openedAt, id) < ($openedAt, $id) ORDER BY openedAt DESC, id DESC LIMIT $limit`;

export const warningSql = {
  watch: `SELECT vehicleId, evaluatedTo, below, warning FROM warning_watches LEFT JOIN warnings ON id = openId
    WHERE vehicleId = ?`,
  list: list(''),
  listByState: list('state = $state AND '),
  keepWatch: `INSERT INTO warning_watches (vehicleId, evaluatedTo, below, openId) VALUES (?, ?, ?, ?)
    ON CONFLICT (vehicleId) DO UPDATE SET evaluatedTo = excluded.evaluatedTo, below = excluded.below, openId = excluded.openId
    WHERE excluded.evaluatedTo > evaluatedTo OR evaluatedTo > ?`,
  keepWarning: `INSERT INTO warnings (id, state, openedAt, warning) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, warning = excluded.warning`,
};

/** The reading side of loss warnings. */
export class WarningQueries {
  readonly #statements;
  readonly #marks: Marks;

  constructor(database: DatabaseSync) {
    const { watch, list, listByState } = warningSql;
    this.#statements = prepareAll(database, { watch, list, listByState });
    this.#marks = new Marks(database);
  }

  watches(vehicleIds: readonly string[]): ReadonlyMap<string, WarningWatch> {
    const found = new Map<string, WarningWatch>();
    for (const vehicleId of vehicleIds) {
      const row = this.#statements.watch.get(vehicleId);
      if (row === undefined) continue;
      const open = row.warning === null ? null : (JSON.parse(String(row.warning)) as LossWarning);
      found.set(vehicleId, { vehicleId, evaluatedTo: Number(row.evaluatedTo), below: Number(row.below), open });
    }
    return found;
  }

  list({ state, after, limit }: WarningQuery): readonly LossWarning[] {
    const { openedAt, id } = after ?? { openedAt: END_OF_TIME, id: '' };
    const { list, listByState } = this.#statements;
    const page = { openedAt, id, limit };
    const rows = state === undefined ? list.all(page) : listByState.all({ state, ...page });
    return rows.map(({ warning }) => JSON.parse(String(warning)) as LossWarning);
  }

  lastEvaluation(): number | undefined {
    return this.#marks.get('evaluation');
  }
}

/** The writing side of loss warnings. */
export class WarningWriter {
  readonly #database: OwnedDatabase;
  readonly #marks: Marks;
  readonly #statements;

  constructor(database: OwnedDatabase, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
    const { keepWatch, keepWarning } = warningSql;
    this.#statements = prepareAll(database, { keepWatch, keepWarning });
  }

  keep(changes: readonly WarningChange[], latest: number = END_OF_TIME): void {
    const { keepWatch, keepWarning } = this.#statements;
    transact(this.#database, () => {
      for (const { watch, changed } of changes) {
        const { vehicleId, evaluatedTo, below, open } = watch;
        const { changes: moved } = keepWatch.run(vehicleId, evaluatedTo, below, open?.id ?? null, latest);
        if (moved === 0 || changed === null) continue;
        keepWarning.run(changed.id, changed.state, changed.openedAt, JSON.stringify(changed));
      }
    });
  }

  evaluated(to: number, latest: number = END_OF_TIME): void {
    transact(this.#database, () => {
      if ((this.#marks.get('evaluation') ?? -Infinity) > latest) this.#marks.set('evaluation', to);
      else this.#marks.advance('evaluation', to);
    });
  }
}
