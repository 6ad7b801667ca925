import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FleetHour } from '#application/ports/cold-store';
import { addFleetTotals, type FleetTotals, noFleetTotals, type StreamTotals } from '#domain/reading/totals';
import { byKind, kinds } from '#domain/streams/streams';
import { ceilTo, floorTo, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

/** The SQL that answers for the fleet. Buckets are epoch minutes or epoch hours, `[first, end)`. */
export const fleetSql = {
  minutes: sumSql('minute'),
  hours: sumSql('hour'),
  eachHour: 'SELECT hour, energy, readings FROM fleet_hours WHERE stream = ? AND hour >= ? AND hour < ?',
};

function sumSql(bucket: 'minute' | 'hour'): string {
  return `SELECT COALESCE(SUM(energy), 0) AS energy, COALESCE(SUM(readings), 0) AS readings
    FROM fleet_${bucket}s WHERE stream = ? AND ${bucket} >= ? AND ${bucket} < ?`;
}

/** What can be asked about the fleet. */
export class FleetQueries {
  readonly #minutes: StatementSync;
  readonly #hours: StatementSync;
  readonly #eachHour: StatementSync;

  constructor(database: DatabaseSync) {
    this.#minutes = database.prepare(fleetSql.minutes);
    this.#hours = database.prepare(fleetSql.hours);
    this.#eachHour = database.prepare(fleetSql.eachHour);
  }

  /** Whole hours from the hours, the edges from the minutes. */
  totals({ from, to }: TimeWindow): FleetTotals {
    const firstHour = ceilTo(HOUR, from);
    const endHour = floorTo(HOUR, to);
    if (firstHour >= endHour) return sums(this.#minutes, MINUTE, from, to);
    return [
      sums(this.#minutes, MINUTE, from, firstHour),
      sums(this.#hours, HOUR, firstHour, endHour),
      sums(this.#minutes, MINUTE, endHour, to),
    ].reduce(addFleetTotals);
  }

  hours({ from, to }: TimeWindow): readonly FleetHour[] {
    const hours = new Map<number, FleetTotals>();
    for (const kind of kinds) {
      for (const row of this.#eachHour.iterate(kind, from / HOUR, to / HOUR)) {
        const hour = Number(row.hour) * HOUR;
        const totals = hours.get(hour) ?? noFleetTotals();
        hours.set(hour, { ...totals, [kind]: { energy: Number(row.energy), readings: Number(row.readings) } });
      }
    }
    return [...hours].map(([hour, totals]) => ({ hour, totals })).sort((a, b) => a.hour - b.hour);
  }

  /** Reads something: throws when the file cannot be read. */
  check(): void {
    this.#hours.get('', 0, 0);
  }
}

function sums(statement: StatementSync, width: number, from: number, to: number): FleetTotals {
  return byKind((kind) => statement.get(kind, from / width, to / width) as unknown as StreamTotals);
}
