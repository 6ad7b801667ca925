import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openForReading } from '../format/connection.ts';
import { hasLog } from '../format/data-file.ts';
import { FatalError } from '../thread/fatal-error.ts';
import { cannotCreateFiles } from '../thread/sqlite-error.ts';

export interface ReaderConnection {
  readonly database: DatabaseSync;
  /** Throws `FatalError` when the connection can no longer see what is in the file. */
  check(): void;
}

/**
 * Opens the data file for a reader. Where SQLite cannot create the index of the log, which all connections share, as on
 * a full or read-only disk, the file is read as it stands; once it changes, this connection must not be used any more.
 */
export function openReader(file: string): ReaderConnection {
  try {
    return { database: openForReading(file), check: () => {} };
  } catch (error) {
    if (!cannotCreateFiles(error)) throw error;
    if (hasLog(file)) {
      const message = `cannot open ${file}: its newest data are in ${file}-wal, for which ${file}-shm must be created`;
      throw new Error(message, { cause: error });
    }
    const opened = changedAt(file);
    const check = () => {
      if (changedAt(file) === opened && !hasLog(file)) return;
      throw new FatalError(`${file} has changed, and was opened where only reading was possible`);
    };
    return { database: openForReading(file, { immutable: true }), check };
  }
}

function changedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
