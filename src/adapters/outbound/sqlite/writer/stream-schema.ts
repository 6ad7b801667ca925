import type { DatabaseSync } from 'node:sqlite';
import type { Kind } from '#domain/streams/streams';
import { historySchema } from '../format/history-blocks.ts';
import { hourSumsSchema } from '../format/hour-sums.ts';
import { liveBlockSchema } from '../format/live-blocks.ts';
import { hasData, recordNames, storedDifference } from '../format/stored-tables.ts';
import { type StreamTables, tablesOf } from '../format/stream-tables.ts';

/**
 * Creates the tables of a stream where they are missing. A stream without data gets those of its present definition.
 * Throws when it has data that the definition does not fit.
 */
export function createStream(database: DatabaseSync, kind: Kind): void {
  const tables = tablesOf(kind);
  const difference = storedDifference(database, kind);
  if (difference !== undefined) {
    if (hasData(database, kind)) throw new Error(difference);
    database.exec(`DROP TABLE IF EXISTS ${tables.last}; DROP TABLE IF EXISTS ${tables.hours};`);
  }
  database.exec(streamSchema(tables));
  recordNames(database, kind);
}

/**
 * Keys of the history start with the minute. Only the end of the index changes, which stays in memory, so that inserts
 * cost the same however long the history is.
 */
function streamSchema(tables: StreamTables): string {
  const values = tables.values
    .map((column) => `${column} ${column === 'energy' || column === 'receivedAt' ? 'INTEGER' : 'REAL'} NOT NULL`)
    .join(', ');
  return `
    CREATE TABLE IF NOT EXISTS ${tables.devices} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    ${liveBlockSchema(tables.live)}
    CREATE TABLE IF NOT EXISTS ${tables.last} (device INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, ${values}) STRICT;
    ${historySchema(tables)}
    ${hourSumsSchema(tables)}`;
}
