import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { DeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { hourColumns, totalsFromRow, totalsFromSums } from '../format/hour-sums.ts';
import { Marks } from '../format/marks.ts';
import { deviceIdSql, streamTables, tablesOf } from '../format/stream-tables.ts';
import { EntrySums } from './entry-sums.ts';
import { type DeviceRange, HistoryReader } from './history-reader.ts';

/** How much there is to sum in an hour: the largest device number of the stream, and the readings of the hour. */
export interface HourSize {
  readonly lastDevice: number;
  readonly readings: number;
}

/** The sums of some devices in an hour, on their way to the writer: `device` and `hourColumns`, row after row. */
export interface HourStep {
  readonly rows: Float64Array<ArrayBuffer>;
  /** Readings in these sums. */
  readonly readings: number;
}

/** The SQL about the hours of all streams, and of each. */
export function rollupSql() {
  return {
    unclosed: `SELECT f.stream AS stream, f.hour AS hour FROM fleet_hours f
      LEFT JOIN closed_hours c ON c.stream = f.stream AND c.hour = f.hour
      WHERE f.stream = ? AND f.hour >= ? AND f.hour < ? AND c.readings IS NOT f.readings ORDER BY f.hour LIMIT ?`,
    readings: 'SELECT readings FROM fleet_hours WHERE stream = ? AND hour = ?',
    isValid: `SELECT 1 AS valid FROM closed_hours c JOIN fleet_hours f
      ON f.stream = c.stream AND f.hour = c.hour AND (f.readings = c.readings OR c.hour < ?) WHERE c.stream = ? AND c.hour = ?`,
    byStream: streamTables.map((tables) => ({
      kind: tables.kind,
      lastDevice: `SELECT COALESCE(MAX(number), 0) AS number FROM ${tables.devices} WHERE number > 0`,
      closed: `SELECT d.id AS id, ${hourColumns(tables)
        .map((column) => `h.${column} AS ${column}`)
        .join(', ')} FROM ${tables.hours} h CROSS JOIN ${tables.devices} d ON d.number = h.device WHERE h.hour = ?`,
      deviceId: deviceIdSql(tables),
    })),
  };
}

interface HourStatements {
  readonly lastDevice: StatementSync;
  readonly closed: StatementSync;
  readonly deviceId: StatementSync;
  readonly history: HistoryReader;
}

/** The reading side of closing hours. */
export class RollupQueries {
  readonly #marks: Marks;
  readonly #unclosed: StatementSync;
  readonly #isValid: StatementSync;
  readonly #readings: StatementSync;
  readonly #byStream: ReadonlyMap<Kind, HourStatements>;

  constructor(database: DatabaseSync) {
    const sql = rollupSql();
    this.#marks = new Marks(database, { writable: false });
    this.#unclosed = database.prepare(sql.unclosed);
    this.#isValid = database.prepare(sql.isValid);
    this.#readings = database.prepare(sql.readings);
    this.#byStream = new Map(
      sql.byStream.map(({ kind, lastDevice, closed, deviceId }) => [
        kind,
        {
          lastDevice: database.prepare(lastDevice),
          closed: database.prepare(closed),
          deviceId: database.prepare(deviceId),
          history: new HistoryReader(database, tablesOf(kind)),
        },
      ]),
    );
  }

  /** Before the horizon sums are final: there is nothing left to compute them from. */
  unclosed(before: number, limit: number): readonly StreamHour[] {
    const first = this.#horizonHour();
    const end = Math.min(Math.floor(before / HOUR), Number.MAX_SAFE_INTEGER);
    return streamTables
      .flatMap(({ kind }) =>
        this.#unclosed.all(kind, first, end, limit).map(({ hour }) => ({ kind, hour: Number(hour) * HOUR })),
      )
      .sort((a, b) => a.hour - b.hour)
      .slice(0, limit);
  }

  size({ kind, hour }: StreamHour): HourSize {
    return {
      lastDevice: Number(this.#of(kind).lastDevice.get()?.number),
      readings: Number(this.#readings.get(kind, hour / HOUR)?.readings ?? 0),
    };
  }

  /** Sums the devices with numbers in `[first, end)`. Steps need not see one moment: each says what it counted. */
  step({ kind, hour }: StreamHour, first: number, end: number): HourStep {
    // In the order of the table that they go to: written in another one they take twice as long.
    const sums = [...this.#sums(kind, hour, { first, last: end - 1 })].sort(([a], [b]) => a - b);
    const width = 1 + hourColumns(tablesOf(kind)).length;
    const rows = new Float64Array(sums.length * width);
    let readings = 0;
    for (const [i, [device, sum]] of sums.entries()) {
      rows[i * width] = device;
      rows.set(sum, i * width + 1);
      readings += sum[1] ?? 0;
    }
    return { rows, readings };
  }

  closed({ kind, hour }: StreamHour): ReadonlyMap<string, DeviceTotals> | undefined {
    if (this.#isValid.get(this.#horizonHour(), kind, hour / HOUR) === undefined) return undefined;
    return totalsById(kind, this.#of(kind).closed.all(hour / HOUR));
  }

  recount({ kind, hour }: StreamHour): ReadonlyMap<string, DeviceTotals> {
    const { deviceId } = this.#of(kind);
    const sums = [...this.#sums(kind, hour)];
    return new Map(
      sums.map(([device, sum]) => [String(deviceId.get(device)?.id), totalsFromSums(tablesOf(kind), sum)]),
    );
  }

  #sums(kind: Kind, hour: EpochMillis, devices?: DeviceRange): ReadonlyMap<number, readonly number[]> {
    const sums = new EntrySums(tablesOf(kind));
    this.#of(kind).history.sumByDevice(sums, { from: hour, to: hour + HOUR }, devices);
    return sums.byKey;
  }

  #horizonHour(): number {
    return Math.floor((this.#marks.get('horizon') ?? Number.MIN_SAFE_INTEGER) / HOUR);
  }

  #of(kind: Kind): HourStatements {
    return this.#byStream.get(kind) as HourStatements;
  }
}

function totalsById(kind: Kind, rows: ReturnType<StatementSync['all']>): ReadonlyMap<string, DeviceTotals> {
  const tables = tablesOf(kind);
  return new Map(rows.map((row) => [String(row.id), totalsFromRow(tables, row)]));
}
