import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file as a whole: readers, and a crash or a power failure at any moment, find either the old content or the
 * new one. A new file can be read and written by its owner alone. Owner, group and mode of an old one stay the same: the
 * engine must be able to read what an administrator has written. Throws the error of the file system, and has changed
 * nothing then. Two callers at once for the same file are not allowed.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  rmSync(temporary, { force: true }); // left by a process that was killed
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      keepAccess(path, file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

function keepAccess(path: string, file: number): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old === undefined) return;
  const { uid, gid } = fstatSync(file);
  if (old.uid !== uid || old.gid !== gid) fchownSync(file, old.uid, old.gid);
  fchmodSync(file, old.mode & 0o777);
}

/** Makes the new name durable. Windows cannot open directories. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
