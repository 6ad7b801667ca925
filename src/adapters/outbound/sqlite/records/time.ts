import type { DatabaseSync } from 'node:sqlite';
import type { KnownTime, TimeRecord } from '#application/ports/time-record';
import { kinds } from '#domain/streams/streams';
import { ROW_COLUMNS } from '../format/history-blocks.ts';
import type { Marks } from '../format/marks.ts';
import type { OwnedDatabase } from '../format/owned-database.ts';
import { readableEntries } from '../format/readable-entries.ts';
import { storedTables } from '../format/stored-tables.ts';
import { RECEIVED_AT } from '../format/stream-tables.ts';
import { transact } from '../format/transactions.ts';
import type { Sync } from '../thread/remote.ts';

/** The reading side of the time that is known to have passed. */
export class TimeQueries implements Sync<Pick<TimeRecord, 'read'>> {
  readonly #database: DatabaseSync;
  readonly #marks: Marks;

  constructor(database: DatabaseSync, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
  }

  read(): KnownTime | undefined {
    const confirmed = this.#marks.get('confirmed');
    if (confirmed !== undefined) return { confirmed, clock: this.#marks.get('clock') ?? confirmed };
    const received = Math.max(...kinds.flatMap((kind) => this.#newestReceivedAt(storedTables(this.#database, kind))));
    return received === -Infinity ? undefined : { confirmed: received, clock: received };
  }

  /** When the readings in one row of the newest minute were received. */
  #newestReceivedAt(tables: ReturnType<typeof storedTables>): number[] {
    const row = this.#database
      .prepare(`SELECT ${ROW_COLUMNS.join(', ')} FROM ${tables.history} ORDER BY minute DESC LIMIT 1`)
      .get();
    const readable = row === undefined ? [] : readableEntries(tables, row);
    return readable.flatMap((entries) =>
      Array.from({ length: entries.count }, (_, at) => entries.value(RECEIVED_AT, at)),
    );
  }
}

/** The writing side. */
export class TimeWriter implements Sync<Pick<TimeRecord, 'write'>> {
  readonly #database: OwnedDatabase;
  readonly #marks: Marks;

  constructor(database: OwnedDatabase, marks: Marks) {
    this.#database = database;
    this.#marks = marks;
  }

  write({ confirmed, clock }: KnownTime): void {
    transact(this.#database, () => {
      this.#marks.set('confirmed', confirmed);
      this.#marks.set('clock', clock);
    });
  }
}
