import { randomUUID } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { FatalError } from '../thread/fatal-error.ts';
import type { OpenFile } from './open-file.ts';

/** One row: the id of the connection that may write. */
const OWNER_SCHEMA = 'CREATE TABLE IF NOT EXISTS owner (id TEXT NOT NULL) STRICT;';

/**
 * The connection that writes. A lock file can be removed, and one file can have several paths, so the database itself
 * records who owns it: a connection that opens it for writing writes its id, and every transaction of an earlier owner
 * fails from then on. Two engines can therefore never both commit, whatever was done to the files.
 *
 * The owner is read again only after another connection has written, which SQLite reports in a few microseconds.
 */
export class OwnedDatabase extends DatabaseSync {
  readonly #id = randomUUID();
  #dataVersion: StatementSync | undefined;
  #owner: StatementSync | undefined;
  #seen: unknown;
  #data: OpenFile | undefined;
  #others: readonly OpenFile[] = [];

  /** Makes this connection the owner. Must be called inside the write transaction that creates the schema. */
  own(): void {
    this.exec(`${OWNER_SCHEMA} DELETE FROM owner`);
    this.prepare('INSERT INTO owner (id) VALUES (?)').run(this.#id);
    this.#dataVersion = this.prepare('PRAGMA data_version');
    this.#owner = this.prepare('SELECT id FROM owner');
  }

  /** From now on every commit checks that the data file is where it was, and `checkFiles` the others, too. */
  watch(data: OpenFile, others: readonly OpenFile[]): void {
    this.#data = data;
    this.#others = others;
  }

  /** Begins a write transaction. Throws `FatalError` when another connection owns the file by now. */
  begin(): void {
    this.exec('BEGIN IMMEDIATE');
    try {
      this.checkOwner();
    } catch (error) {
      this.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Commits. Returns only if the transaction is on disk in a file that is still at its path; throws `FatalError` if it
   * is in one that nobody will find again.
   */
  commit(): void {
    this.exec('COMMIT');
    this.#check(this.#data);
  }

  /** Throws `FatalError` when another connection has become the owner. */
  checkOwner(): void {
    const version = this.#dataVersion?.get()?.data_version;
    if (version === this.#seen) return;
    if (this.#owner?.get()?.id !== this.#id) {
      throw new FatalError(`another engine has opened ${this.location()} for writing; this one must not write to it`);
    }
    this.#seen = version;
  }

  /** Throws `FatalError` when one of the files was removed or replaced. */
  checkFiles(): void {
    this.#check(this.#data);
    for (const file of this.#others) this.#check(file);
  }

  #check(file: OpenFile | undefined): void {
    const fate = file?.fate();
    if (fate === undefined) return;
    if (file !== this.#data) this.#rescue();
    throw new FatalError(`${file?.path} ${fate} while the engine was using it`);
  }

  /** With the data file in place, what was acknowledged is moved there while the log can still be read. */
  #rescue(): void {
    try {
      this.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The reason to end is the lost file.
    }
  }
}
