import { statSync, unwatchFile, watchFile } from 'node:fs';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { readKeyFile } from './key-file.ts';
import type { KeyEntry } from './key-file-format.ts';

const POLL_INTERVAL: Millis = SECOND;

export interface KeyFileWatch {
  /** Reads the file now, changed or not. */
  reload(): void;
  close(): void;
}

/**
 * Calls `onKeys` with all keys of the file whenever it has changed. A file that is missing, unreadable or invalid changes
 * nothing and is logged as an error: a mistake in it must not lock everybody out. Never throws, and does not keep the
 * process alive.
 *
 * The file is polled. Watching it would miss changes, because editors, renames and the secret mounts of Kubernetes put
 * another file in its place.
 */
export function watchKeyFile(path: string, onKeys: (keys: KeyEntry[]) => void, logger: Logger): KeyFileWatch {
  let seen = versionOf(path);
  const reload = () => {
    seen = versionOf(path); // before it is read: a change meanwhile is another one
    try {
      const keys = readKeyFile(path);
      onKeys(keys);
      logger.info('API keys reloaded', { path, keys: keys.length });
    } catch (error) {
      const reason = (error as Error).message;
      logger.error('the API keys could not be reloaded; the previous ones stay in use', { path, reason });
    }
  };

  const check = () => {
    if (versionOf(path) !== seen) reload();
  };
  watchFile(path, { interval: POLL_INTERVAL, persistent: false }, check);
  // It compares with what it finds a moment from now, and would miss a change until then.
  const firstCheck = setTimeout(check, POLL_INTERVAL).unref();

  return {
    reload,
    close: () => {
      unwatchFile(path, check);
      clearTimeout(firstCheck);
    },
  };
}

/** Changes with the file: when it is written, and when another one takes its place. */
function versionOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return undefined;
  }
}
