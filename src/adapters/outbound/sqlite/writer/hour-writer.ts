import type { StatementSync } from 'node:sqlite';
import type { StreamHour } from '#application/ports/hour-rollups';
import { kinds } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { hourColumns } from '../format/hour-sums.ts';
import type { Marks } from '../format/marks.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { tablesOf } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import { BulkInsert } from './bulk-insert.ts';

/**
 * The writing side of closing hours, in small transactions with ingestion in between. Sums before the horizon are final
 * and not written again: readings may have been dropped while they were summed.
 */
export class HourWriter {
  readonly #database: OwnedDatabase;
  readonly #marks: Marks;
  readonly #byStream;
  readonly #close: StatementSync;

  constructor(database: OwnedDatabase, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
    this.#byStream = new Map(
      kinds.map((kind) => {
        const tables = tablesOf(kind);
        const columns = hourColumns(tables);
        const upsert = new BulkInsert(
          database,
          `INSERT INTO ${tables.hours} (hour, device, ${columns.join(', ')})`,
          columns.length + 2,
          `ON CONFLICT (hour, device) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
        );
        return [kind, { upsert, width: columns.length + 1 }];
      }),
    );
    this.#close = database.prepare(
      `INSERT INTO closed_hours (stream, hour, readings) VALUES (?, ?, ?)
        ON CONFLICT (stream, hour) DO UPDATE SET readings = excluded.readings`,
    );
  }

  /**
   * Writes the sums of some devices. They are not read before `close`: until then the hour is not closed, or was closed
   * from fewer readings than it has now.
   */
  write({ kind, hour }: StreamHour, rows: Float64Array): void {
    if (this.#isFinal(hour)) return;
    const { upsert, width } = this.#byStream.get(kind) as { upsert: BulkInsert; width: number };
    const values: number[] = [];
    for (let at = 0; at < rows.length; at += width) values.push(hour / HOUR, ...rows.subarray(at, at + width));
    transact(this.#database, () => upsert.run(values));
  }

  /** Makes the hour's sums valid, as long as the hour has exactly this number of readings. */
  close({ kind, hour }: StreamHour, readings: number): void {
    if (!this.#isFinal(hour)) transact(this.#database, () => this.#close.run(kind, hour / HOUR, readings));
  }

  #isFinal(hour: EpochMillis): boolean {
    return hour < (this.#marks.get('horizon') ?? -Infinity);
  }
}
