import type { DatabaseSync } from 'node:sqlite';
import { type StreamShape, shapeDifference, streamShape } from '#domain/streams/stream-shape';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import { FIRST_AVERAGED_SUM } from './hour-sums.ts';
import { type StreamTables, tablesOf } from './stream-tables.ts';

/** In `${kind}_last` the measured fields follow device, timestamp, energy and receivedAt. */
const FIRST_MEASURED = 4;
/** In `${kind}_hours` the averaged fields follow hour, device, and the sums that every stream has. */
const FIRST_AVERAGED = 2 + FIRST_AVERAGED_SUM;

/** The tables of a stream, with its measured fields in the order in which the file has their values. */
export function storedTables(database: DatabaseSync, kind: Kind): StreamTables {
  return tablesOf(kind, storedMeasured(database, kind));
}

/** Throws when the tables of a stream are missing, or are not those of its definition. */
export function requireStoredTables(database: DatabaseSync): void {
  for (const kind of kinds) {
    const difference = storedDifference(database, kind);
    if (difference !== undefined && hasData(database, kind)) throw new Error(difference);
    if (difference !== undefined || columnsOf(database, tablesOf(kind).devices).length === 0) {
      throw new Error(`it has no tables for stream ${kind} as defined now: start the engine once, which creates them`);
    }
  }
}

/** How the tables of a stream differ from its definition; the order of the fields is no difference. */
export function storedDifference(database: DatabaseSync, kind: Kind): string | undefined {
  return shapeDifference(kind, storedShape(database, kind), streamShape(streams[kind]));
}

/** Whether the stream ever had a reading: a device gets its number with the first one, and keeps it. */
export function hasData(database: DatabaseSync, kind: Kind): boolean {
  const { devices } = tablesOf(kind);
  if (columnsOf(database, devices).length === 0) return false;
  return database.prepare(`SELECT 1 FROM ${devices} LIMIT 1`).get() !== undefined;
}

/**
 * The columns of a stream's tables are the record of its fields, of their order, too. Names on the wire are recorded in
 * a table of their own, which files of older engines lack.
 */
function storedShape(database: DatabaseSync, kind: Kind) {
  const averaged = columnsOf(database, tablesOf(kind).hours).slice(FIRST_AVERAGED);
  const measured = storedMeasured(database, kind);
  return { ...storedNames(database, kind), measured, averaged } satisfies Partial<StreamShape>;
}

function storedMeasured(database: DatabaseSync, kind: Kind): readonly string[] {
  return columnsOf(database, tablesOf(kind).last).slice(FIRST_MEASURED);
}

export const STREAM_NAMES_SCHEMA = `
    CREATE TABLE IF NOT EXISTS streams (
      stream TEXT PRIMARY KEY, idField TEXT NOT NULL, energyField TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;`;

function storedNames(database: DatabaseSync, kind: Kind): Partial<Pick<StreamShape, 'idField' | 'energyField'>> {
  if (columnsOf(database, 'streams').length === 0) return {};
  return database.prepare('SELECT idField, energyField FROM streams WHERE stream = ?').get(kind) ?? {};
}

export function recordNames(database: DatabaseSync, kind: Kind): void {
  const { idField, energyField } = streams[kind];
  database.prepare('INSERT OR REPLACE INTO streams VALUES (?, ?, ?)').run(kind, idField, energyField);
}

/** The columns of a table, in order; none if there is no such table. */
function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').all(table);
  return columns.map(({ name }) => String(name));
}
