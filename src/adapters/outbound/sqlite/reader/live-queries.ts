import type { DatabaseSync } from 'node:sqlite';
import {
  type HotStore,
  type LivePageQuery,
  type LiveReadings,
  MAX_DEVICES_PER_PAGE,
} from '#application/ports/hot-store';
import { passesFilter } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { liveBlockSql, NEVER, NewestTimestamps } from '../format/live-blocks.ts';
import { readingColumns, readingFromRow } from '../format/reading-row.ts';
import { deviceNumberSql, type StreamTables } from '../format/stream-tables.ts';
import { readSnapshot } from '../format/transactions.ts';
import type { Sync } from '../thread/remote.ts';
import { streamReaders } from './history-reader.ts';

export function liveSql(tables: StreamTables) {
  const { devices, live, last } = tables;
  return {
    device: deviceNumberSql(tables),
    devices: `SELECT id, number FROM ${devices} WHERE id > ? ORDER BY id LIMIT ?`,
    block: liveBlockSql(live),
    last: `SELECT ${readingColumns(tables, 'l')} FROM ${last} l WHERE device = ?`,
  };
}

/** Live state: the newest timestamp of each device leads to the reading itself. */
export class LiveQueries implements Sync<HotStore> {
  readonly #database: DatabaseSync;
  readonly #streams;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#streams = streamReaders(database, liveSql);
  }

  newest(kind: Kind, deviceId: string): Reading | undefined {
    const { statements } = this.#streams[kind];
    return readSnapshot(this.#database, () => {
      const device = statements.device.get(deviceId)?.number;
      if (device === undefined) return undefined;
      const newest = new NewestTimestamps(statements.block);
      return this.#reading(kind, deviceId, Number(device), newest.of(Number(device)));
    });
  }

  /** A device has a number from the commit of its first reading on. */
  knows(kind: Kind, deviceId: string): boolean {
    return this.#streams[kind].statements.device.get(deviceId) !== undefined;
  }

  /** By default after the empty string, which sorts before every id. */
  page(kind: Kind, { after = '', limit, filter }: LivePageQuery): LiveReadings {
    const { statements } = this.#streams[kind];
    const max = filter === undefined ? limit : MAX_DEVICES_PER_PAGE;
    return readSnapshot(this.#database, () => {
      const newest = new NewestTimestamps(statements.block);
      const readings: Reading[] = [];
      let last: string | undefined;
      let examined = 0;
      for (const { id, number } of statements.devices.iterate(after, max + 1)) {
        if (last !== undefined && (readings.length === limit || examined === max)) return { readings, next: last };
        last = String(id);
        examined++;
        const timestamp = newest.of(Number(number));
        if (!passesFilter(filter, timestamp)) continue;
        const reading = this.#reading(kind, last, Number(number), timestamp);
        if (reading !== undefined) readings.push(reading);
      }
      return { readings, next: null };
    });
  }

  /** Finds the reading in the history, or in the table of last readings once its history has been dropped. */
  #reading(kind: Kind, deviceId: string, device: number, timestamp: number): Reading | undefined {
    if (timestamp === NEVER) return undefined;
    const { tables, statements, history } = this.#streams[kind];
    const row = history.find(device, timestamp) ?? statements.last.get(device);
    return row && readingFromRow(tables, deviceId, row);
  }
}
