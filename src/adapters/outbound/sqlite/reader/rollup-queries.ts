import type { DatabaseSync } from 'node:sqlite';
import type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
import type { DeviceTotals } from '#domain/reading/totals';
import { kinds } from '#domain/streams/streams';
import { HOUR } from '#domain/time/time';
import { prepareAll } from '../format/connection.ts';
import { hourColumns, totalsFromRow, totalsFromSums } from '../format/hour-sums.ts';
import { Marks } from '../format/marks.ts';
import { deviceIdSql, type StreamTables } from '../format/stream-tables.ts';
import type { Sync } from '../thread/remote.ts';
import { EntrySums } from './entry-sums.ts';
import { type DeviceRange, streamReaders } from './history-reader.ts';

export interface HourSize {
  /** The largest device number of the stream, 0 without devices. */
  readonly lastDevice: number;
  readonly readings: number;
}

/** The sums of some devices in an hour, computed by the reader for the writer. */
export interface HourStep {
  /** `device` and `hourColumns`, row after row. */
  readonly rows: Float64Array<ArrayBuffer>;
  readonly readings: number;
}

export const hourSql = {
  unclosed: `SELECT f.stream AS stream, f.hour AS hour FROM fleet_hours f
    LEFT JOIN closed_hours c ON c.stream = f.stream AND c.hour = f.hour
    WHERE f.stream = ? AND f.hour >= ? AND f.hour < ? AND c.readings IS NOT f.readings ORDER BY f.hour LIMIT ?`,
  readings: 'SELECT readings FROM fleet_hours WHERE stream = ? AND hour = ?',
  isValid: `SELECT 1 AS valid FROM closed_hours c JOIN fleet_hours f
    ON f.stream = c.stream AND f.hour = c.hour AND (f.readings = c.readings OR c.hour < ?) WHERE c.stream = ? AND c.hour = ?`,
};

/** SQL about the devices of one stream and their sums by the hour. */
export function deviceHourSql(tables: StreamTables) {
  const columns = hourColumns(tables).map((column) => `h.${column} AS ${column}`);
  return {
    lastDevice: `SELECT COALESCE(MAX(number), 0) AS number FROM ${tables.devices} WHERE number > 0`,
    closed: `SELECT d.id AS id, ${columns.join(', ')}
      FROM ${tables.hours} h CROSS JOIN ${tables.devices} d ON d.number = h.device WHERE h.hour = ?`,
    deviceId: deviceIdSql(tables),
  };
}

/** The reading side of closing hours. */
export class RollupQueries implements Sync<Pick<HourRollups, 'unclosed' | 'closed' | 'recount'>> {
  readonly #marks: Marks;
  readonly #hours;
  readonly #streams;

  constructor(database: DatabaseSync) {
    this.#marks = new Marks(database);
    this.#hours = prepareAll(database, hourSql);
    this.#streams = streamReaders(database, deviceHourSql);
  }

  /** Hours before the horizon are final: the readings to sum them from are gone. */
  unclosed(before: number, limit: number): readonly StreamHour[] {
    const first = this.#horizonHour();
    const end = Math.min(Math.floor(before / HOUR), Number.MAX_SAFE_INTEGER);
    return kinds
      .flatMap((kind) =>
        this.#hours.unclosed.all(kind, first, end, limit).map(({ hour }) => ({ kind, hour: Number(hour) * HOUR })),
      )
      .sort((a, b) => a.hour - b.hour)
      .slice(0, limit);
  }

  size({ kind, hour }: StreamHour): HourSize {
    return {
      lastDevice: Number(this.#streams[kind].statements.lastDevice.get()?.number),
      readings: Number(this.#hours.readings.get(kind, hour / HOUR)?.readings ?? 0),
    };
  }

  /**
   * Sums the devices with numbers in `[first, end)`. The steps of an hour may see different states of the database,
   * since each returns how many readings it counted.
   */
  step({ kind, hour }: StreamHour, first: number, end: number): HourStep {
    // Sorted as the table they are written to, which makes writing them twice as fast.
    const sums = [...this.#sums({ kind, hour }, { first, last: end - 1 })].sort(([a], [b]) => a - b);
    const columns = hourColumns(this.#streams[kind].tables).length;
    const rows = new Float64Array(sums.length * (1 + columns));
    let readings = 0;
    for (const [i, [device, sum]] of sums.entries()) {
      const at = i * (1 + columns);
      rows[at] = device;
      for (let column = 0; column < columns; column++) rows[at + 1 + column] = sum[column] as number;
      readings += sum[1] ?? 0;
    }
    return { rows, readings };
  }

  closed({ kind, hour }: StreamHour): ReadonlyMap<string, DeviceTotals> | undefined {
    if (this.#hours.isValid.get(this.#horizonHour(), kind, hour / HOUR) === undefined) return undefined;
    const { tables, statements } = this.#streams[kind];
    return new Map(statements.closed.all(hour / HOUR).map((row) => [String(row.id), totalsFromRow(tables, row)]));
  }

  recount(hour: StreamHour): ReadonlyMap<string, DeviceTotals> {
    const { tables, statements } = this.#streams[hour.kind];
    const sums = [...this.#sums(hour)];
    return new Map(
      sums.map(([device, sum]) => [String(statements.deviceId.get(device)?.id), totalsFromSums(tables, sum)]),
    );
  }

  #sums({ kind, hour }: StreamHour, devices?: DeviceRange): ReadonlyMap<number, readonly number[]> {
    const { tables, history } = this.#streams[kind];
    const sums = new EntrySums(tables);
    history.sumByDevice(sums, { from: hour, to: hour + HOUR }, devices);
    return sums.byKey;
  }

  #horizonHour(): number {
    return Math.floor((this.#marks.get('horizon') ?? Number.MIN_SAFE_INTEGER) / HOUR);
  }
}
