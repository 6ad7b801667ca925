import type { DatabaseSync } from 'node:sqlite';
import { STANDBY_ENERGY } from '#domain/reading/totals';
import { HOUR } from '#domain/time/time';
import { COMMON_SUMS, hourSumsSchema } from '../../format/hour-sums.ts';
import { Marks } from '../../format/marks.ts';

/** The columns of `${kind}_hours` in version 3; the averaged fields followed. */
const COLUMNS_OF_VERSION_3 = ['hour', 'device', 'energy', 'readings', 'least', 'most'];

/** Estimates from what version 3 knew: a device posts about once a minute, and is active in every minute or in none. */
const ESTIMATED_MINUTES = 'MIN(readings, 60)';
const ESTIMATES = {
  minutes: ESTIMATED_MINUTES,
  shiftedMinutes: ESTIMATED_MINUTES,
  activeMinutes: `CASE WHEN most > ${STANDBY_ENERGY} THEN ${ESTIMATED_MINUTES} ELSE 0 END`,
};

/**
 * From version 3 to 4: hourly sums count minutes. Hours that have readings are no longer closed and will be summed again;
 * their number is returned. Hours before the horizon have none left: their sums stay, and their minutes are estimated.
 */
export function upgradeHourSums(database: DatabaseSync): number {
  const horizonHour = Math.floor((new Marks(database).get('horizon') ?? Number.MIN_SAFE_INTEGER) / HOUR);
  for (const hours of hourTables(database)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').all(hours);
    const averaged = columns.map(({ name }) => String(name)).slice(COLUMNS_OF_VERSION_3.length);
    const target = ['hour', 'device', ...COMMON_SUMS, ...averaged];
    const values: Readonly<Record<string, string>> = ESTIMATES;
    database.exec(`ALTER TABLE ${hours} RENAME TO ${hours}_of_version_3; ${hourSumsSchema({ hours, averaged })}`);
    database
      .prepare(
        `INSERT INTO ${hours} (${target.join(', ')})
          SELECT ${target.map((column) => values[column] ?? column).join(', ')} FROM ${hours}_of_version_3 WHERE hour < ?`,
      )
      .run(horizonHour);
    database.exec(`DROP TABLE ${hours}_of_version_3`);
  }
  return Number(database.prepare('DELETE FROM closed_hours WHERE hour >= ?').run(horizonHour).changes);
}

/** The tables of all streams in the file, among them any that are no longer defined and may be again. */
function hourTables(database: DatabaseSync): readonly string[] {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(tables.map(({ name }) => String(name)));
  return [...names].filter((name) => name.endsWith('_hours') && names.has(name.replace(/_hours$/, '_devices')));
}
