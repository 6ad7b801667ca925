import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tablesOf } from '#adapters/outbound/sqlite/format/stream-tables';
import { validHoursSql } from '#adapters/outbound/sqlite/reader/closed-hours';
import { fleetSql, streamSql } from '#adapters/outbound/sqlite/reader/cold-queries';
import { historySql } from '#adapters/outbound/sqlite/reader/history-reader';
import { liveSql } from '#adapters/outbound/sqlite/reader/live-queries';
import { deviceHourSql, hourSql } from '#adapters/outbound/sqlite/reader/rollup-queries';
import { linkSql } from '#adapters/outbound/sqlite/records/links';
import { warningSql } from '#adapters/outbound/sqlite/records/warnings';
import { openForWriting } from '#adapters/outbound/sqlite/writer/database';
import { historyWriterSql } from '#adapters/outbound/sqlite/writer/history-writer';
import { kinds } from '#domain/streams/streams';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const streamTables = kinds.map((kind) => tablesOf(kind));

function emptyDatabase(): DatabaseSync {
  const database = openForWriting(join(temporaryDirectory(), 'energy.db'));
  onTestFinished(() => database.close());
  return database;
}

/** SQLite's query plan, a line for each table or step. */
function plan(database: DatabaseSync, sql: string): string[] {
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return steps.map(({ detail }) => String(detail));
}

const queries = [
  ...streamTables.flatMap((tables) =>
    Object.entries({
      ...streamSql(tables),
      validHours: validHoursSql(tables),
      ...liveSql(tables),
      ...historySql(tables),
      ...historyWriterSql(tables),
    }).map(([name, sql]) => ({
      name: `${tables.kind} ${name}`,
      sql,
    })),
  ),
  ...Object.entries(fleetSql).map(([name, sql]) => ({ name: `fleet ${name}`, sql })),
  ...streamTables.flatMap((tables) =>
    Object.entries(deviceHourSql(tables)).map(([name, sql]) => ({ name: `${tables.kind} hour ${name}`, sql })),
  ),
  ...Object.entries(hourSql).map(([name, sql]) => ({ name: `hours ${name}`, sql })),
  ...(['find', 'overlapping'] as const).map((name) => ({ name: `links ${name}`, sql: linkSql[name] })),
  ...(['watch', 'list', 'listByState'] as const).map((name) => ({ name: `warnings ${name}`, sql: warningSql[name] })),
];

/** A search for one value, which a query uses as the bound of another. */
const BOUND = /^(CORRELATED )?SCALAR SUBQUERY \d+$/;
/** `g` is the result of a grouped search: its rows were found by a key before. */
const STEP =
  /^SEARCH \w+ USING (PRIMARY KEY|INTEGER PRIMARY KEY|(COVERING )?INDEX)|^(CO-ROUTINE|SCAN) g$|^USE TEMP B-TREE FOR GROUP BY$/;

describe('a query of the SQLite store', () => {
  it('is in the list of those that are checked', () => {
    expect(queries.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'meter rowsOfBlock',
        'vehicle hourTotals',
        'vehicle hour closed',
        'vehicle devices',
        'fleet minutes',
        'fleet hours',
      ]),
    );
  });

  it.each(queries)('searches by a key and never scans a table or sorts: $name', ({ sql }) => {
    const steps = plan(emptyDatabase(), sql).filter((step) => !BOUND.test(step));

    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) expect(step).toMatch(STEP);
  });

  it.each(streamTables)('finds the history of a $kind by minute and block', (tables) => {
    expect(plan(emptyDatabase(), historySql(tables).rowsOfBlock)).toEqual([
      'SEARCH f USING PRIMARY KEY (stream=? AND minute>? AND minute<?)',
      `SEARCH h USING INDEX sqlite_autoindex_${tables.history}_1 (minute=? AND block=?)`,
    ]);
  });

  it('finds the link in the way of another between its neighbours', () => {
    expect(plan(emptyDatabase(), linkSql.overlapping).filter((step) => !BOUND.test(step))).toEqual([
      'SEARCH links USING INDEX links_by_meter (meterId=? AND start>? AND start<?)',
      'SEARCH links USING COVERING INDEX links_by_meter (meterId=? AND start<?)', // where the range begins
    ]);
  });

  it.each([
    ['duringOf', 'SEARCH links USING COVERING INDEX links_by_vehicle_and_meter (vehicleId=? AND meterId>?)'],
    ['during', 'SEARCH links USING COVERING INDEX links_by_meter (meterId>?)'],
  ] as const)('finds the links of a window meter by meter: %s', (name, nextMeter) => {
    expect(plan(emptyDatabase(), linkSql[name]).filter((step) => step.startsWith('SEARCH links'))).toEqual(
      expect.arrayContaining([
        nextMeter,
        'SEARCH links USING INDEX links_by_meter (meterId=? AND start>? AND start<?)',
        'SEARCH links USING COVERING INDEX links_by_meter (meterId=? AND start<?)', // where the range begins
      ]),
    );
  });

  it('would be caught if it scanned', () => {
    expect(plan(emptyDatabase(), 'SELECT * FROM meter_history WHERE block = 1')).toEqual(['SCAN meter_history']);
  });
});
