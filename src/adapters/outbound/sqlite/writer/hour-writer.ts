import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamHour } from '#application/ports/hour-rollups';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { hourColumns } from '../format/hour-sums.ts';
import type { Marks } from '../format/marks.ts';
import { streamTables } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import { BulkInsert } from './bulk-insert.ts';

/**
 * The writing side of closing hours: small transactions between which ingestion has its turn. Before the horizon sums are
 * final, and nothing is written: what was summed then may lack what has been dropped meanwhile.
 */
export class HourWriter {
  readonly #database: DatabaseSync;
  readonly #marks: Marks;
  readonly #byStream;
  readonly #close: StatementSync;

  constructor(database: DatabaseSync, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
    this.#byStream = new Map(
      streamTables.map((tables) => {
        const columns = hourColumns(tables);
        const upsert = new BulkInsert(
          database,
          `INSERT INTO ${tables.hours} (hour, device, ${columns.join(', ')})`,
          columns.length + 2,
          `ON CONFLICT (hour, device) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
        );
        return [tables.kind, { upsert, width: columns.length + 1 }];
      }),
    );
    this.#close = database.prepare(
      `INSERT INTO closed_hours (stream, hour, readings) VALUES (?, ?, ?)
        ON CONFLICT (stream, hour) DO UPDATE SET readings = excluded.readings`,
    );
  }

  /**
   * Writes the sums of some devices. Until `close` the hour is either not closed or closed from fewer readings than it
   * has now, so that nobody reads these sums yet.
   */
  write({ kind, hour }: StreamHour, rows: Float64Array): void {
    if (this.#isFinal(hour)) return;
    const { upsert, width } = this.#byStream.get(kind) as { upsert: BulkInsert; width: number };
    const values: number[] = [];
    for (let at = 0; at < rows.length; at += width) values.push(hour / HOUR, ...rows.subarray(at, at + width));
    transact(this.#database, () => upsert.run(values));
  }

  /** Says from how many readings the hour's sums were computed: from now on they count, as long as that is all. */
  close({ kind, hour }: StreamHour, readings: number): void {
    if (!this.#isFinal(hour)) this.#close.run(kind, hour / HOUR, readings);
  }

  #isFinal(hour: EpochMillis): boolean {
    return hour < (this.#marks.get('horizon') ?? -Infinity);
  }
}
