import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { LinkOutcome, LinkQuery } from '#application/ports/link-repository';
import { linkIdRange, type MeterLink, sameLink } from '#domain/meter-link';
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
    CREATE INDEX IF NOT EXISTS links_by_vehicle_and_meter ON links (vehicleId, meterId, start);
    DROP INDEX IF EXISTS links_by_vehicle;`;

const FOREVER = Number.MAX_SAFE_INTEGER;
const COLUMNS = 'id, meterId, vehicleId, start, "end"';

/** Where a scan by `start` begins that finds all links of a meter that end after `time`: they do not overlap. */
function scanStart(meterId: string, time: string): string {
  return `IFNULL((SELECT MAX(start) FROM links WHERE meterId = ${meterId} AND start <= ${time}), ${time})`;
}

/** The links of each meter in the window: the scans of one meter are as long as its part of the answer. */
function duringSql(ofVehicle = ''): string {
  const next = (after: string) => `SELECT meterId FROM links WHERE ${ofVehicle} ${after} ORDER BY meterId LIMIT 1`;
  return `WITH RECURSIVE meters (meter) AS (
      SELECT (${next('TRUE')}) UNION ALL SELECT (${next('meterId > meter')}) FROM meters WHERE meter IS NOT NULL
    )
    SELECT ${COLUMNS} FROM meters CROSS JOIN links
    WHERE ${ofVehicle} meterId = meter AND start >= ${scanStart('meter', '$from')} AND start < $to
      AND ("end" IS NULL OR "end" > $from)
    ORDER BY vehicleId, start, meterId`;
}

export const linkSql = {
  find: `SELECT ${COLUMNS} FROM links WHERE id = ?`,
  overlapping: `SELECT ${COLUMNS} FROM links
    WHERE meterId = $meterId AND start >= ${scanStart('$meterId', '$start')} AND start < $end
      AND id <> $id AND ("end" IS NULL OR "end" > $start) ORDER BY start LIMIT 1`,
  keep: `INSERT INTO links (${COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "end" = excluded."end"`,
  remove: 'DELETE FROM links WHERE id = ?',
  during: duringSql(),
  duringOf: duringSql('vehicleId = $vehicleId AND'),
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
    const ids = meterId === undefined ? undefined : linkIdRange(meterId);
    const conditions = [
      ...(ids === undefined ? [] : ['id >= $first AND id < $end']),
      ...(vehicleId === undefined ? [] : ['vehicleId = $vehicleId']),
      ...(at === undefined ? [] : ['start <= $at AND ("end" IS NULL OR "end" > $at)']),
      'id > $after',
    ];
    const given = Object.entries({ ...ids, vehicleId, at, after: after ?? '', limit });
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
