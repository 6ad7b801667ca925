import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryQuery } from '#application/ports/cold-store';
import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '#domain/reading/totals';
import { floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { bucketFromSums, sumOfHours, totalsFromRow, totalsFromSums, validHours } from '../format/hour-sums.ts';
import { Marks } from '../format/marks.ts';
import { type ReadingRow, readingFromRow } from '../format/reading-row.ts';
import { deviceIdSql, deviceNumberSql, type StreamTables } from '../format/stream-tables.ts';
import { readTogether } from '../format/transactions.ts';
import { EntrySums } from './entry-sums.ts';
import { bounded, HistoryReader } from './history-reader.ts';

/** The SQL that answers for one stream beside its history, by what it answers. */
export function streamSql(tables: StreamTables) {
  const { devices, hours, averaged } = tables;
  const hoursOf = (select: string) =>
    `SELECT ${select} FROM (SELECT c.hour AS hour FROM ${validHours(tables)}) v CROSS JOIN ${hours} h ON h.hour = v.hour`;
  const columns = ['energy', 'readings', ...averaged].map((column) => `g.${column} AS ${column}`).join(', ');
  return {
    deviceNumber: deviceNumberSql(tables),
    deviceId: deviceIdSql(tables),
    validHours: `SELECT c.hour AS hour FROM ${validHours(tables)} ORDER BY c.hour`,
    hourTotals: `${hoursOf(sumOfHours(tables))} AND h.device = $device`,
    hourSeries: `${hoursOf(
      'h.hour AS bucket, h.energy AS energy, h.readings AS readings, h.least AS min, h.most AS max',
    )} AND h.device = $device`,
    hourTotalsByDevice: `SELECT d.id AS id, ${columns}
      FROM (${hoursOf(`h.device AS device, ${sumOfHours(tables)}`)} GROUP BY h.device) g
      CROSS JOIN ${devices} d ON d.number = g.device`,
  };
}

/** What can be asked about the devices of one stream. */
export class StreamQueries {
  readonly #database: DatabaseSync;
  readonly #tables: StreamTables;
  readonly #marks: Marks;
  readonly #history: HistoryReader;
  readonly #statements: Readonly<Record<keyof ReturnType<typeof streamSql>, StatementSync>>;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#database = database;
    this.#tables = tables;
    this.#marks = new Marks(database, { writable: false });
    this.#history = new HistoryReader(database, tables);
    const sql = streamSql(tables);
    this.#statements = Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<keyof typeof sql, StatementSync>;
  }

  history(deviceId: string, window: TimeWindow, { after, limit }: HistoryQuery): readonly Reading[] {
    const device = this.#deviceNumber(deviceId);
    if (device === undefined) return [];
    const from = Math.max(window.from, after === undefined ? -Infinity : after + 1, this.#horizon());
    const rows: ReadingRow[] = [];
    let minute = Number.NaN;
    for (const { entries, at } of this.#history.ofDevice(device, { from, to: window.to })) {
      const row = entries.row(at);
      const rowMinute = Math.floor(Number(row.timestamp) / MINUTE);
      if (rows.length >= limit && rowMinute !== minute) break;
      minute = rowMinute;
      rows.push(row);
    }
    rows.sort((a, b) => Number(a.timestamp) - Number(b.timestamp));
    return rows.slice(0, limit).map((row) => readingFromRow(this.#tables, deviceId, row));
  }

  /** Hours that are closed from their sums, the rest raw; both as of one moment. */
  totals(deviceId: string, window: TimeWindow): DeviceTotals {
    const device = this.#deviceNumber(deviceId);
    if (device === undefined) return noDeviceTotals(this.#tables.kind);
    return readTogether(this.#database, () => {
      const hours = this.#statements.hourTotals.get({ device, ...this.#hourBounds(window) });
      const raw = new EntrySums(this.#tables);
      for (const part of this.#rawWindows(window)) {
        for (const { entries, at } of this.#history.ofDevice(device, part)) raw.add(device, entries, at);
      }
      return addDeviceTotals(
        totalsFromRow(this.#tables, hours ?? {}),
        totalsFromSums(this.#tables, raw.byKey.get(device) ?? []),
      );
    });
  }

  seriesByDevice(deviceIds: readonly string[], window: TimeWindow, width: Millis): ReadonlyMap<string, EnergySeries> {
    return readTogether(this.#database, () => {
      const hours = width === HOUR ? this.#hourBounds(window) : undefined;
      const parts = hours ? this.#rawWindows(window) : [this.#fromHorizon(window)];
      const found = new Map<string, EnergySeries>();
      for (const id of deviceIds) {
        const device = this.#deviceNumber(id);
        if (device === undefined) continue;
        const closed = hours ? this.#statements.hourSeries.all({ device, ...hours }) : [];
        const raw = new EntrySums(this.#tables);
        for (const part of parts) {
          for (const { entries, at } of this.#history.ofDevice(device, part)) {
            raw.add(floorTo(width, entries.timestamp(at)), entries, at);
          }
        }
        const series = [
          ...closed.map(({ bucket, ...row }) => ({ start: Number(bucket) * width, ...row }) as unknown as EnergyBucket),
          ...[...raw.byKey].map(([start, sums]) => bucketFromSums(start, sums)),
        ].sort((a, b) => a.start - b.start);
        if (series.length > 0) found.set(id, series);
      }
      return found;
    });
  }

  totalsByDevice(window: TimeWindow): ReadonlyMap<string, DeviceTotals> {
    return readTogether(this.#database, () => {
      const totals = new Map<string, DeviceTotals>();
      for (const row of this.#statements.hourTotalsByDevice.iterate(this.#hourBounds(window))) {
        totals.set(String(row.id), totalsFromRow(this.#tables, row));
      }
      const raw = new EntrySums(this.#tables);
      for (const part of this.#rawWindows(window)) this.#history.sumByDevice(raw, part);
      for (const [device, sums] of raw.byKey) {
        const id = String(this.#statements.deviceId.get(device)?.id);
        const sum = totalsFromSums(this.#tables, sums);
        const known = totals.get(id);
        totals.set(id, known === undefined ? sum : addDeviceTotals(known, sum));
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
