import type { DatabaseSync } from 'node:sqlite';
import type { ColdStore, FleetHour, HistoryQuery } from '#application/ports/cold-store';
import type { EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import {
  addDeviceTotals,
  addFleetTotals,
  type DeviceTotals,
  type FleetTotals,
  noDeviceTotals,
  noFleetTotals,
  type StreamTotals,
} from '#domain/reading/totals';
import { byKind, type Kind, kinds } from '#domain/streams/streams';
import { ceilTo, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { prepareAll } from '../format/connection.ts';
import {
  bucketFromSums,
  sumOfHours,
  totalColumns,
  totalsFromRow,
  totalsFromSums,
  validHours,
} from '../format/hour-sums.ts';
import { type ReadingRow, readingFromRow } from '../format/reading-row.ts';
import { deviceIdSql, deviceNumberSql, type StreamTables } from '../format/stream-tables.ts';
import { readSnapshot } from '../format/transactions.ts';
import type { Sync } from '../thread/remote.ts';
import { ClosedHours } from './closed-hours.ts';
import { EntrySums } from './entry-sums.ts';
import { streamReaders } from './history-reader.ts';

/** SQL over fleet totals. Buckets are epoch minutes or epoch hours, `[first, end)`. */
export const fleetSql = {
  minutes: fleetSumSql('minute'),
  hours: fleetSumSql('hour'),
  eachHour: 'SELECT hour, energy, readings FROM fleet_hours WHERE stream = ? AND hour >= ? AND hour < ?',
};

function fleetSumSql(bucket: 'minute' | 'hour'): string {
  return `SELECT COALESCE(SUM(energy), 0) AS energy, COALESCE(SUM(readings), 0) AS readings
    FROM fleet_${bucket}s WHERE stream = ? AND ${bucket} >= ? AND ${bucket} < ?`;
}

/** SQL over the devices of one stream and the sums of their closed hours. */
export function streamSql(tables: StreamTables) {
  const { devices, hours } = tables;
  const hoursOf = (select: string) =>
    `SELECT ${select} FROM (SELECT c.hour AS hour FROM ${validHours(tables)}) v CROSS JOIN ${hours} h ON h.hour = v.hour`;
  const columns = totalColumns(tables).map((column) => `g.${column} AS ${column}`);
  return {
    deviceNumber: deviceNumberSql(tables),
    deviceId: deviceIdSql(tables),
    hourTotals: `${hoursOf(sumOfHours(tables))} AND h.device = $device`,
    hourSeries: `${hoursOf('h.hour AS hour, h.energy AS energy, h.readings AS readings, h.least AS least, h.most AS most')}
      AND h.device = $device`,
    hourTotalsByDevice: `SELECT d.id AS id, ${columns.join(', ')}
      FROM (${hoursOf(`h.device AS device, ${sumOfHours(tables)}`)} GROUP BY h.device) g
      CROSS JOIN ${devices} d ON d.number = g.device`,
  };
}

/**
 * Answers from the sums of closed hours where they are valid, and from the readings themselves elsewhere, both from one
 * snapshot of the database.
 */
export class ColdQueries implements Sync<ColdStore> {
  readonly #database: DatabaseSync;
  readonly #fleet;
  readonly #streams;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#fleet = prepareAll(database, fleetSql);
    const readers = streamReaders(database, streamSql);
    this.#streams = byKind((kind) => ({
      ...readers[kind],
      closedHours: new ClosedHours(database, readers[kind].tables),
    }));
  }

  history(kind: Kind, deviceId: string, window: TimeWindow, { after, limit }: HistoryQuery): readonly Reading[] {
    const { tables, history, closedHours } = this.#streams[kind];
    const device = this.#deviceNumber(kind, deviceId);
    if (device === undefined) return [];
    const { from, to } = closedHours.fromHorizon(window);
    const rows: ReadingRow[] = [];
    let minute = Number.NaN;
    for (const { entries, at } of history.ofDevice(device, { from: Math.max(from, (after ?? -Infinity) + 1), to })) {
      const row = entries.row(at);
      const rowMinute = Math.floor(Number(row.timestamp) / MINUTE);
      if (rows.length >= limit && rowMinute !== minute) break;
      minute = rowMinute;
      rows.push(row);
    }
    rows.sort((a, b) => Number(a.timestamp) - Number(b.timestamp));
    return rows.slice(0, limit).map((row) => readingFromRow(tables, deviceId, row));
  }

  deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): DeviceTotals {
    const { tables, statements, history, closedHours } = this.#streams[kind];
    const device = this.#deviceNumber(kind, deviceId);
    if (device === undefined) return noDeviceTotals(kind);
    return readSnapshot(this.#database, () => {
      const hours = statements.hourTotals.get({ device, ...closedHours.bounds(window) });
      const raw = new EntrySums(tables);
      for (const part of closedHours.uncovered(window)) {
        for (const { entries, at } of history.ofDevice(device, part)) raw.add(device, entries, at);
      }
      return addDeviceTotals(totalsFromRow(tables, hours ?? {}), totalsFromSums(tables, raw.byKey.get(device) ?? []));
    });
  }

  seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): ReadonlyMap<string, EnergySeries> {
    const { tables, statements, history, closedHours } = this.#streams[kind];
    return readSnapshot(this.#database, () => {
      const hours = width === HOUR ? closedHours.bounds(window) : undefined;
      const parts = hours ? closedHours.uncovered(window) : [closedHours.fromHorizon(window)];
      const found = new Map<string, EnergySeries>();
      for (const id of deviceIds) {
        const device = this.#deviceNumber(kind, id);
        if (device === undefined) continue;
        const closed = hours ? statements.hourSeries.all({ device, ...hours }) : [];
        const raw = new EntrySums(tables);
        for (const part of parts) {
          for (const { entries, at } of history.ofDevice(device, part)) {
            raw.add(floorTo(width, entries.timestamp(at)), entries, at);
          }
        }
        const series = [
          ...closed.map(({ hour, energy, readings, least, most }) =>
            bucketFromSums(Number(hour) * HOUR, [energy, readings, least, most].map(Number)),
          ),
          ...[...raw.byKey].map(([start, sums]) => bucketFromSums(start, sums)),
        ].sort((a, b) => a.start - b.start);
        if (series.length > 0) found.set(id, series);
      }
      return found;
    });
  }

  totalsByDevice(kind: Kind, window: TimeWindow): ReadonlyMap<string, DeviceTotals> {
    const { tables, statements, history, closedHours } = this.#streams[kind];
    return readSnapshot(this.#database, () => {
      const totals = new Map<string, DeviceTotals>();
      for (const row of statements.hourTotalsByDevice.iterate(closedHours.bounds(window))) {
        totals.set(String(row.id), totalsFromRow(tables, row));
      }
      const raw = new EntrySums(tables);
      for (const part of closedHours.uncovered(window)) history.sumByDevice(raw, part);
      for (const [device, sums] of raw.byKey) {
        const id = String(statements.deviceId.get(device)?.id);
        const sum = totalsFromSums(tables, sums);
        const known = totals.get(id);
        totals.set(id, known === undefined ? sum : addDeviceTotals(known, sum));
      }
      return totals;
    });
  }

  /** Whole hours come from the hourly totals, the edges from those by the minute. */
  fleetTotals({ from, to }: TimeWindow): FleetTotals {
    const firstHour = ceilTo(HOUR, from);
    const endHour = floorTo(HOUR, to);
    if (firstHour >= endHour) return this.#fleetSums('minutes', MINUTE, from, to);
    return [
      this.#fleetSums('minutes', MINUTE, from, firstHour),
      this.#fleetSums('hours', HOUR, firstHour, endHour),
      this.#fleetSums('minutes', MINUTE, endHour, to),
    ].reduce(addFleetTotals);
  }

  fleetHours({ from, to }: TimeWindow): readonly FleetHour[] {
    const hours = new Map<number, FleetTotals>();
    for (const kind of kinds) {
      for (const row of this.#fleet.eachHour.iterate(kind, from / HOUR, to / HOUR)) {
        const hour = Number(row.hour) * HOUR;
        const totals = hours.get(hour) ?? noFleetTotals();
        hours.set(hour, { ...totals, [kind]: { energy: Number(row.energy), readings: Number(row.readings) } });
      }
    }
    return [...hours].map(([hour, totals]) => ({ hour, totals })).sort((a, b) => a.hour - b.hour);
  }

  #fleetSums(bucket: 'minutes' | 'hours', width: Millis, from: number, to: number): FleetTotals {
    return byKind((kind) => this.#fleet[bucket].get(kind, from / width, to / width) as unknown as StreamTotals);
  }

  #deviceNumber(kind: Kind, deviceId: string): number | undefined {
    return this.#streams[kind].statements.deviceNumber.get(deviceId)?.number as number | undefined;
  }
}
