import type { SQLOutputValue } from 'node:sqlite';
import type { EnergyBucket } from '#domain/energy/energy-series';
import type { DeviceTotals } from '#domain/reading/totals';
import type { EpochMillis } from '#domain/time/time';
import type { StreamTables } from './stream-tables.ts';

/** The sums that devices of every stream have. */
export const COMMON_SUMS = ['energy', 'readings', 'least', 'most', 'minutes', 'shiftedMinutes', 'activeMinutes'];
/** The position of the first averaged field in `hourColumns`. */
export const FIRST_AVERAGED_SUM = COMMON_SUMS.length;

/**
 * The sums of a device and an hour, all integers: energy in mWh, number of readings, least and most energy of a reading
 * in mWh, the minutes of `DeviceTotals`, and averaged fields in millionths of their unit.
 */
export function hourColumns({ averaged }: Pick<StreamTables, 'averaged'>): readonly string[] {
  return [...COMMON_SUMS, ...averaged];
}

export function hourSumsSchema({ hours, averaged }: Pick<StreamTables, 'hours' | 'averaged'>): string {
  const columns = ['hour', 'device', ...hourColumns({ averaged })].map((column) => `${column} INTEGER NOT NULL`);
  return `CREATE TABLE IF NOT EXISTS ${hours} (${columns.join(', ')}, PRIMARY KEY (hour, device)) STRICT, WITHOUT ROWID;`;
}

/** The columns of `DeviceTotals`: those that add up. */
export function totalColumns({ averaged }: StreamTables): readonly string[] {
  return ['energy', 'readings', 'minutes', 'shiftedMinutes', 'activeMinutes', ...averaged];
}

/** The select list that sums rows of `${kind}_hours` under the alias `h`. */
export function sumOfHours(tables: StreamTables): string {
  return totalColumns(tables)
    .map((column) => `COALESCE(SUM(h.${column}), 0) AS ${column}`)
    .join(', ');
}

/**
 * Hours of one stream in `[$firstHour, $endHour)` whose sums are valid: those computed from the number of readings that
 * the hour has now, and those before `$horizonHour`, whose readings are gone.
 */
export function validHours({ kind }: StreamTables): string {
  return `closed_hours c CROSS JOIN fleet_hours f ON f.stream = c.stream AND f.hour = c.hour
      AND (f.readings = c.readings OR c.hour < $horizonHour)
    WHERE c.stream = '${kind}' AND c.hour >= $firstHour AND c.hour < $endHour`;
}

export function totalsFromRow(tables: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): DeviceTotals {
  return totalsFromSums(
    tables,
    hourColumns(tables).map((column) => Number(row[column])),
  );
}

/** Totals from sums in the order of `hourColumns`. */
export function totalsFromSums({ averaged }: StreamTables, sums: readonly number[]): DeviceTotals {
  const [energy = 0, readings = 0, , , minutes = 0, shiftedMinutes = 0, activeMinutes = 0] = sums;
  const ofFields = averaged.map((field, i) => [field, sums[FIRST_AVERAGED_SUM + i] ?? 0]);
  return { energy, readings, minutes, shiftedMinutes, activeMinutes, sums: Object.fromEntries(ofFields) };
}

/** A bucket of a series from sums in the order of `hourColumns`. */
export function bucketFromSums(
  start: EpochMillis,
  [energy = 0, readings = 0, least = 0, most = 0]: readonly number[],
): EnergyBucket {
  return { start, energy, readings, min: least, max: most };
}
