import type { SQLOutputValue } from 'node:sqlite';
import type { EnergyBucket } from '#domain/energy/energy-series';
import type { DeviceTotals } from '#domain/reading/totals';
import type { EpochMillis } from '#domain/time/time';
import type { StreamTables } from './stream-tables.ts';

/**
 * The sums of a device and an hour, all integers: energy in mWh, number of readings, least and most energy of a reading
 * in mWh, and averaged fields in millionths of their unit.
 */
export function hourColumns({ averaged }: StreamTables): readonly string[] {
  return ['energy', 'readings', 'least', 'most', ...averaged];
}

/** The select list that sums rows of `${kind}_hours` under the alias `h`. */
export function sumOfHours({ averaged }: StreamTables): string {
  const sums = averaged.map((field) => `, COALESCE(SUM(h.${field}), 0) AS ${field}`);
  return `COALESCE(SUM(h.energy), 0) AS energy, COALESCE(SUM(h.readings), 0) AS readings${sums.join('')}`;
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

export function totalsFromRow({ averaged }: StreamTables, row: Readonly<Record<string, SQLOutputValue>>): DeviceTotals {
  const sums = Object.fromEntries(averaged.map((field) => [field, Number(row[field])]));
  return { energy: Number(row.energy), readings: Number(row.readings), ...NO_MINUTES, sums };
}

/** Totals from sums in the order of `hourColumns`. */
export function totalsFromSums({ averaged }: StreamTables, sums: readonly number[]): DeviceTotals {
  const [energy = 0, readings = 0, , , ...averages] = sums;
  return {
    energy,
    readings,
    ...NO_MINUTES,
    sums: Object.fromEntries(averaged.map((field, i) => [field, averages[i] ?? 0])),
  };
}

/** A bucket of a series from sums in the order of `hourColumns`. */
export function bucketFromSums(
  start: EpochMillis,
  [energy = 0, readings = 0, least = 0, most = 0]: readonly number[],
): EnergyBucket {
  return { start, energy, readings, min: least, max: most };
}

/** Not counted yet. */
const NO_MINUTES = { minutes: 0, shiftedMinutes: 0, activeMinutes: 0 };
