import type { SQLOutputValue } from 'node:sqlite';
import { type DeviceTotals, MILLIONTHS } from '#domain/totals';
import type { StreamTables } from './stream-tables.ts';

/** What is summed for a device and an hour: integers all, energy in mWh, averaged fields in millionths of their unit. */
export function hourColumns({ averaged }: StreamTables): readonly string[] {
  return ['energy', 'readings', 'least', 'most', ...averaged];
}

/** The select list that sums raw readings of `h`; of no rows it makes zeros. */
export function sumOfReadings({ averaged }: StreamTables): string {
  const sums = averaged.map(
    (field) => `, COALESCE(SUM(CAST(FLOOR(h.${field} * ${MILLIONTHS} + 0.5) AS INTEGER)), 0) AS ${field}`,
  );
  return `COALESCE(SUM(h.energy), 0) AS energy, COUNT(*) AS readings, MIN(h.energy) AS least, MAX(h.energy) AS most${sums.join('')}`;
}

/** The select list that sums rows of `${kind}_hours` called `h`, in the same columns. */
export function sumOfHours({ averaged }: StreamTables): string {
  const sums = averaged.map((field) => `, COALESCE(SUM(h.${field}), 0) AS ${field}`);
  return `COALESCE(SUM(h.energy), 0) AS energy, COALESCE(SUM(h.readings), 0) AS readings${sums.join('')}`;
}

/**
 * Hours of one stream in `[$firstHour, $endHour)` whose sums hold: those computed from as many readings as there are now,
 * and those before `$horizonHour`, whose readings are gone and cannot be summed again.
 */
export function validHours({ kind }: StreamTables): string {
  return `closed_hours c CROSS JOIN fleet_hours f ON f.stream = c.stream AND f.hour = c.hour
      AND (f.readings = c.readings OR c.hour < $horizonHour)
    WHERE c.stream = '${kind}' AND c.hour >= $firstHour AND c.hour < $endHour`;
}

/** The sums of a row as totals. */
export function totalsFromRow({ averaged }: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): DeviceTotals {
  const sums = Object.fromEntries(averaged.map((field) => [field, Number(row[field])]));
  return { energy: Number(row.energy), readings: Number(row.readings), sums };
}
