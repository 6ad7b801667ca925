import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryQuery } from '#application/ports/cold-store';
import type { EnergyBucket, EnergySeries } from '#domain/energy-series';
import type { Reading } from '#domain/reading';
import { HOUR, MINUTE, type Millis } from '#domain/time';
import type { TimeWindow } from '#domain/time-window';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '#domain/totals';
import { sumOfHours, sumOfReadings, totalsFromRow, validHours } from './hour-sums.ts';
import { Marks } from './marks.ts';
import { readingColumns, readingFromRow } from './reading-row.ts';
import { deviceNumberSql, type StreamTables } from './stream-tables.ts';
import { readTogether } from './transactions.ts';

/** The SQL that answers for one stream, by what it answers. */
export function streamSql(tables: StreamTables) {
  const { kind, devices, history, hours, averaged } = tables;
  // One device's readings of a window: one look-up of the clustered key for each minute that anything was heard in.
  // `fleet_minutes` knows those, so a long silence costs nothing. `CROSS JOIN` keeps SQLite to this order.
  const scan = `FROM fleet_minutes f CROSS JOIN ${history} h ON h.minute = f.minute AND h.device = $device
    AND h.timestamp >= $from AND h.timestamp < $to
    WHERE f.stream = '${kind}' AND f.minute >= $firstMinute AND f.minute <= $lastMinute`;
  // All devices' readings of whole minutes lie one after another.
  const rawByDevice = `SELECT h.device AS device, ${sumOfReadings(tables)} FROM ${history} h
    WHERE h.minute >= $firstMinute AND h.minute <= $lastMinute GROUP BY h.device`;
  const hoursByDevice = `SELECT h.device AS device, ${sumOfHours(tables)}
    FROM (SELECT c.hour AS hour FROM ${validHours(tables)}) v CROSS JOIN ${hours} h ON h.hour = v.hour GROUP BY h.device`;
  const withId = (grouped: string) =>
    `SELECT d.id AS id, ${['energy', 'readings', ...averaged].map((column) => `g.${column} AS ${column}`).join(', ')}
      FROM (${grouped}) g CROSS JOIN ${devices} d ON d.number = g.device`;
  return {
    deviceNumber: deviceNumberSql(tables),
    history: `SELECT ${readingColumns(tables, 'h')} ${scan} ORDER BY f.minute, h.timestamp LIMIT $limit`,
    validHours: `SELECT c.hour AS hour FROM ${validHours(tables)} ORDER BY c.hour`,
    hourTotals: `SELECT ${sumOfHours(tables)} FROM (SELECT c.hour AS hour FROM ${validHours(tables)}) v
      CROSS JOIN ${hours} h ON h.hour = v.hour AND h.device = $device`,
    rawTotals: `SELECT ${sumOfReadings(tables)} ${scan}`,
    hourSeries: `SELECT h.hour AS bucket, h.energy AS energy, h.readings AS readings, h.least AS least, h.most AS most
      FROM (SELECT c.hour AS hour FROM ${validHours(tables)}) v
      CROSS JOIN ${hours} h ON h.hour = v.hour AND h.device = $device`,
    rawSeries: `SELECT CAST(FLOOR(h.minute / CAST($minutes AS REAL)) AS INTEGER) AS bucket, SUM(h.energy) AS energy, COUNT(*) AS readings,
      MIN(h.energy) AS least, MAX(h.energy) AS most ${scan} GROUP BY bucket`,
    hourTotalsByDevice: withId(hoursByDevice),
    rawTotalsByDevice: withId(rawByDevice),
  };
}

/** What can be asked about the devices of one stream. */
export class StreamQueries {
  readonly #database: DatabaseSync;
  readonly #tables: StreamTables;
  readonly #marks: Marks;
  readonly #statements: Readonly<Record<keyof ReturnType<typeof streamSql>, StatementSync>>;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#database = database;
    this.#tables = tables;
    this.#marks = new Marks(database, { writable: false });
    const sql = streamSql(tables);
    this.#statements = Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<keyof typeof sql, StatementSync>;
  }

  history(deviceId: string, window: TimeWindow, { after, limit }: HistoryQuery): readonly Reading[] {
    const device = this.#deviceNumber(deviceId);
    if (device === undefined) return [];
    const from = Math.max(window.from, after === undefined ? -Infinity : after + 1, this.#horizon());
    const rows = this.#statements.history.all({ device, ...scanBounds({ from, to: window.to }), limit });
    return rows.map((row) => readingFromRow(this.#tables, deviceId, row));
  }

  /** Hours that are closed from their sums, the rest raw; both as of one moment. */
  totals(deviceId: string, window: TimeWindow): DeviceTotals {
    const device = this.#deviceNumber(deviceId);
    if (device === undefined) return noDeviceTotals(this.#tables.kind);
    return readTogether(this.#database, () => {
      const row = this.#statements.hourTotals.get({ device, ...this.#hourBounds(window) });
      const parts = this.#rawWindows(window).map((part) =>
        this.#statements.rawTotals.get({ device, ...scanBounds(part) }),
      );
      return [row, ...parts]
        .map((part) => totalsFromRow(this.#tables, part ?? {}))
        .reduce(addDeviceTotals, noDeviceTotals(this.#tables.kind));
    });
  }

  seriesByDevice(deviceIds: readonly string[], window: TimeWindow, width: Millis): ReadonlyMap<string, EnergySeries> {
    return readTogether(this.#database, () => {
      const hours = width === HOUR ? this.#hourBounds(window) : undefined;
      const parts = (hours ? this.#rawWindows(window) : [this.#fromHorizon(window)]).map(scanBounds);
      const found = new Map<string, EnergySeries>();
      for (const id of deviceIds) {
        const device = this.#deviceNumber(id);
        if (device === undefined) continue;
        const closed = hours ? this.#statements.hourSeries.all({ device, ...hours }) : [];
        const raw = parts.flatMap((part) =>
          this.#statements.rawSeries.all({ device, minutes: width / MINUTE, ...part }),
        );
        const series = [...closed, ...raw]
          .map(({ bucket, ...row }) => ({ start: Number(bucket) * width, ...row }) as unknown as EnergyBucket)
          .sort((a, b) => a.start - b.start);
        if (series.length > 0) found.set(id, series);
      }
      return found;
    });
  }

  totalsByDevice(window: TimeWindow): ReadonlyMap<string, DeviceTotals> {
    return readTogether(this.#database, () => {
      const totals = new Map<string, DeviceTotals>();
      const add = (rows: ReturnType<StatementSync['all']>) => {
        for (const row of rows) {
          const id = String(row.id);
          const sum = totalsFromRow(this.#tables, row);
          const known = totals.get(id);
          totals.set(id, known === undefined ? sum : addDeviceTotals(known, sum));
        }
      };
      add(this.#statements.hourTotalsByDevice.all(this.#hourBounds(window)));
      for (const part of this.#rawWindows(window)) {
        const { firstMinute, lastMinute } = scanBounds(part);
        add(this.#statements.rawTotalsByDevice.all({ firstMinute, lastMinute }));
      }
      return totals;
    });
  }

  /** What of the window no valid hour covers, in pieces as long as possible. */
  #rawWindows(window: TimeWindow): TimeWindow[] {
    const rest = this.#fromHorizon(window);
    const windows: TimeWindow[] = [];
    let from = rest.from;
    for (const row of this.#statements.validHours.iterate(this.#hourBounds(window))) {
      const hour = Number(row.hour) * HOUR;
      if (hour > from) windows.push({ from, to: Math.min(hour, rest.to) });
      from = Math.max(from, hour + HOUR);
    }
    if (from < rest.to) windows.push({ from, to: rest.to });
    return windows;
  }

  /** The whole hours of a window. */
  #hourBounds({ from, to }: TimeWindow) {
    return {
      firstHour: Math.ceil(bounded(from) / HOUR),
      endHour: Math.floor(bounded(to) / HOUR),
      horizonHour: Math.floor(bounded(this.#horizon()) / HOUR),
    };
  }

  #fromHorizon({ from, to }: TimeWindow): TimeWindow {
    return { from: Math.max(from, this.#horizon()), to };
  }

  #horizon(): number {
    return this.#marks.get('horizon') ?? -Infinity;
  }

  #deviceNumber(deviceId: string): number | undefined {
    return this.#statements.deviceNumber.get(deviceId)?.number as number | undefined;
  }
}

/** SQLite takes no infinities; no time lies beyond these. */
function bounded(time: number): number {
  return Math.min(Math.max(time, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function scanBounds(window: TimeWindow) {
  const from = bounded(window.from);
  const to = bounded(window.to);
  return { from, to, firstMinute: Math.floor(from / MINUTE), lastMinute: Math.floor((to - 1) / MINUTE) };
}
