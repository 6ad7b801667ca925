import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { LinkOutcome, LinkQuery } from '#application/ports/link-repository';
import { type MeterLink, sameLink } from '#domain/meter-link';
import type { TimeWindow } from '#domain/time/time-window';
import { prepareAll } from '../format/connection.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { transact } from '../format/transactions.ts';

/** `start` and `end` are the link's interval in epoch milliseconds; `end` is NULL while the link is open. */
export const LINK_SCHEMA = `
    CREATE TABLE IF NOT EXISTS links (
      id TEXT PRIMARY KEY, meterId TEXT NOT NULL, vehicleId TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS links_by_meter ON links (meterId, start);
    CREATE INDEX IF NOT EXISTS links_by_vehicle ON links (vehicleId, start, meterId);`;

const FOREVER = Number.MAX_SAFE_INTEGER;
const COLUMNS = 'id, meterId, vehicleId, start, "end"';

export const linkSql = {
  find: `SELECT ${COLUMNS} FROM links WHERE id = ?`,
  overlapping: `SELECT ${COLUMNS} FROM links
    WHERE meterId = $meterId AND id <> $id AND start < $end AND ("end" IS NULL OR "end" > $start) ORDER BY start LIMIT 1`,
  keep: `INSERT INTO links (${COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "end" = excluded."end"`,
  remove: 'DELETE FROM links WHERE id = ?',
  during: `SELECT ${COLUMNS} FROM links WHERE start < $to AND ("end" IS NULL OR "end" > $from)
    ORDER BY vehicleId, start, meterId`,
  duringOf: `SELECT ${COLUMNS} FROM links
    WHERE vehicleId = $vehicleId AND start < $to AND ("end" IS NULL OR "end" > $from) ORDER BY start, meterId`,
};

/** The reading side of links. */
export class LinkQueries {
  readonly #database: DatabaseSync;
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const { find, during, duringOf } = linkSql;
    this.#statements = prepareAll(database, { find, during, duringOf });
  }

  find(id: string): MeterLink | undefined {
    const row = this.#statements.find.get(id);
    return row && fromRow(row);
  }

  list({ meterId, vehicleId, at, after, limit }: LinkQuery): readonly MeterLink[] {
    const conditions = [
      ...(meterId === undefined ? [] : ['meterId = $meterId']),
      ...(vehicleId === undefined ? [] : ['vehicleId = $vehicleId']),
      ...(at === undefined ? [] : ['start <= $at AND ("end" IS NULL OR "end" > $at)']),
      'id > $after',
    ];
    const given = Object.entries({ meterId, vehicleId, at, after: after ?? '', limit });
    return this.#database
      .prepare(`SELECT ${COLUMNS} FROM links WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT $limit`)
      .all(Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<string, string | number>)
      .map(fromRow);
  }

  during({ from, to }: TimeWindow, vehicleId?: string): readonly MeterLink[] {
    const { during, duringOf } = this.#statements;
    const rows = vehicleId === undefined ? during.all({ from, to }) : duringOf.all({ from, to, vehicleId });
    return rows.map(fromRow);
  }
}

/** The writing side of links. Checks in the same transaction that a meter's links never overlap. */
export class LinkWriter {
  readonly #database: OwnedDatabase;
  readonly #statements;

  constructor(database: OwnedDatabase) {
    this.#database = database;
    const { find, overlapping, keep, remove } = linkSql;
    this.#statements = prepareAll(database, { find, overlapping, keep, remove });
  }

  add(links: readonly MeterLink[]): readonly LinkOutcome[] {
    return transact(this.#database, () =>
      links.map((link) => {
        const known = this.#known(link.id);
        if (known === undefined) return this.#put(link);
        return sameLink(known, link) ? { status: 'duplicate' } : { status: 'overlap', with: known };
      }),
    );
  }

  end(id: string, to: number | null): LinkOutcome | undefined {
    return transact(this.#database, () => {
      const known = this.#known(id);
      if (known === undefined) return undefined;
      return known.to === to ? { status: 'duplicate' } : this.#put({ ...known, to });
    });
  }

  remove(id: string): boolean {
    return transact(this.#database, () => this.#statements.remove.run(id).changes === 1);
  }

  #known(id: string): MeterLink | undefined {
    const row = this.#statements.find.get(id);
    return row && fromRow(row);
  }

  /** Inserts or updates a link, unless it overlaps another one of its meter. */
  #put({ id, meterId, vehicleId, from, to }: MeterLink): LinkOutcome {
    const other = this.#statements.overlapping.get({ id, meterId, start: from, end: to ?? FOREVER });
    if (other !== undefined) return { status: 'overlap', with: fromRow(other) };
    this.#statements.keep.run(id, meterId, vehicleId, from, to);
    return { status: 'stored' };
  }
}

function fromRow({ start, end, ...row }: Record<string, SQLOutputValue>): MeterLink {
  return { ...row, from: start, to: end } as unknown as MeterLink;
}
