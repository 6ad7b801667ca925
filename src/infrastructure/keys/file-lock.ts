import { closeSync, openSync, rmSync } from 'node:fs';
import { type Millis, SECOND } from '#domain/time/time';
import { KeyFileError } from './key-file-error.ts';

/** A change takes milliseconds: a lock that is still there after this was left by a command that was killed. */
const LOCK_TIMEOUT: Millis = 5 * SECOND;
const RETRY_INTERVAL: Millis = 20;

/**
 * Calls `change` while no other process changes the file: each creates `<file>.lock` first, which only one can, and
 * removes it afterwards. Blocks the thread while it waits. Throws `KeyFileError` without a change if the lock stays.
 */
export function withFileLock<T>(path: string, change: () => T, timeout = LOCK_TIMEOUT): T {
  const lock = `${path}.lock`;
  for (const begin = performance.now(); !isCreated(path, lock); sleep(RETRY_INTERVAL)) {
    if (performance.now() - begin < timeout) continue;
    throw new KeyFileError(path, `another command is changing it; if none is running, delete ${lock}`);
  }
  try {
    return change();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether the lock did not exist and does now. */
function isCreated(path: string, lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new KeyFileError(path, `cannot be changed: ${message}`, { cause });
  }
}

function sleep(duration: Millis): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}
