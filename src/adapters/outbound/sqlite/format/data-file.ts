import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** "EIEN" in the file's header says that it is ours: https://sqlite.org/pragma.html#pragma_application_id */
export const APPLICATION_ID = 0x4549_454e;
/** Files of schema version 3 and before have no id of their own; no other program has a table of this name. */
const OWN_TABLE = 'fleet_minutes';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * What is at the path of the data file: `empty` is a file without any data, which an engine may use. Throws when it is
 * the file of another program, which is left as it is, byte for byte: nothing is written before this is known.
 */
export function dataFileAt(file: string): 'missing' | 'empty' | 'ours' {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return 'missing';
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.nlink > 1) {
    throw new Error(
      'it has more than one name (hard links), and each would have a write-ahead log of its own: copy it instead',
    );
  }
  if (found.size === 0) return 'empty';
  const header = headerOf(file);
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error(`${NOT_OURS}: it is no SQLite database`);
  if (header.length < HEADER_BYTES) throw new Error(`it is damaged: it ends after ${header.length} bytes`);
  const id = header.readUInt32BE(APPLICATION_ID_AT);
  // A file gets its id first and its tables through the log.
  if (id === APPLICATION_ID) return header.readUInt32BE(VERSION_AT) > 0 || hasLog(file) ? 'ours' : 'empty';
  if (id !== 0) throw new Error(`${NOT_OURS}: it has the application id ${id}`);
  return tablesIn(file);
}

const NOT_OURS = 'it is the file of another program';

/** Throws when the file has the id of another program; files of older engines have none. */
export function requireOwnId(database: DatabaseSync): void {
  const id = Number(Object.values(database.prepare('PRAGMA application_id').get() ?? {})[0]);
  if (id !== APPLICATION_ID && id !== 0) throw new Error(`${NOT_OURS}: it has the application id ${id}`);
}

/** Whether there is a write-ahead log beside the data file, with anything in it. */
export function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Under this name SQLite opens the file alone: it neither creates nor reads a log. */
export function immutableUrl(file: string): URL {
  return new URL(`${pathToFileURL(file)}?immutable=1`);
}

function headerOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    return header.subarray(0, readSync(descriptor, header));
  } finally {
    closeSync(descriptor);
  }
}

function tablesIn(file: string): 'empty' | 'ours' {
  // Without any table the data may still be in the log.
  let tables = tableNames(immutableUrl(file));
  if (tables.length === 0 && hasLog(file)) tables = tableNames(file);
  if (tables.includes(OWN_TABLE)) return 'ours';
  if (tables.length === 0) return 'empty';
  throw new Error(`${NOT_OURS}: it has the tables ${tables.slice(0, 3).join(', ')}`);
}

function tableNames(file: string | URL): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    return tables.map(({ name }) => String(name));
  } finally {
    database.close();
  }
}
