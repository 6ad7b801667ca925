import { readFileSync, realpathSync } from 'node:fs';
import * as v from 'valibot';
import { withFileLock } from './file-lock.ts';
import { KeyFileError } from './key-file-error.ts';
import { formatKeyFile, type KeyEntry, parseKeyFile } from './key-file-format.ts';
import { nameSchema } from './key-values.ts';
import { replaceFile } from './replace-file.ts';

const FIRST_KEY = 'npx energy-ingestion-engine keys create --name NAME --scopes ingest';

/** The keys of a file, in its order. Throws `KeyFileError` if the file is missing, cannot be read or is not valid. */
export function readKeyFile(path: string): KeyEntry[] {
  const text = contentOf(path);
  if (text === undefined)
    throw new KeyFileError(path, `there is no such file; create the first key with "${FIRST_KEY}"`);
  return parseKeyFile(path, text);
}

/**
 * Adds a key, and creates the file if there is none. The key is durable when this returns. Throws `KeyFileError`, and
 * has changed nothing then, if the name or the id is taken, or if the file is not valid or cannot be written.
 */
export function addKey(path: string, key: KeyEntry): void {
  change(path, (keys = []) => {
    if (keys.some(({ name }) => name === key.name)) {
      throw new KeyFileError(
        path,
        `there is a key "${key.name}" already; choose another name, or revoke that key first`,
      );
    }
    return [...keys, key];
  });
}

/**
 * Removes the key with this name; that is durable when this returns. Throws `KeyFileError`, and has changed nothing
 * then, if there is none, or if the file is not valid or cannot be written.
 */
export function revokeKey(path: string, name: string): void {
  change(path, (keys) => {
    const others = (keys ?? readKeyFile(path)).filter((key) => key.name !== name);
    if (others.length === keys?.length) throw new KeyFileError(path, `there is no key ${quoted(name)}`);
    return others;
  });
}

/** A text that is no name may be a key. */
function quoted(name: string): string {
  return v.is(nameSchema, name) ? `"${name}"` : 'of this name';
}

/** `edit` gets the keys of the file, `undefined` if there is no file, and returns those it shall have. */
function change(path: string, edit: (keys: KeyEntry[] | undefined) => KeyEntry[]): void {
  const file = targetOf(path);
  withFileLock(file, () => {
    const text = contentOf(path);
    const changed = formatKeyFile(edit(text === undefined ? undefined : parseKeyFile(path, text)));
    parseKeyFile(path, changed); // what is written can be read again
    write(file, changed);
  });
}

function write(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (cause) {
    throw new KeyFileError(path, `cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** The file that a symbolic link points to: the link stays. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // there is no file yet; any other fault appears when it is read
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KeyFileError(path, `cannot be read: ${(cause as Error).message}`, { cause });
  }
}
