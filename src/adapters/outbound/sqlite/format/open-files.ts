import { statSync } from 'node:fs';

/** Which file a path led to when it was opened. */
interface Identity {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** The largest size seen: a data file never shrinks, because its free pages are used again. */
  size: number;
}

/**
 * Files that are held open and must stay where they are. A program that has a file open goes on writing to it after it
 * was removed, renamed or replaced, and everything it writes is gone when it ends: so ask again and again. One check
 * costs 3 µs per file.
 */
export class OpenFiles {
  /** The path of the data file. */
  readonly data: string;
  readonly #files: readonly Identity[];

  /** Remembers the files at these paths; those that do not exist are left out. */
  constructor(data: string, ...others: readonly string[]) {
    this.data = data;
    this.#files = [data, ...others].flatMap((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, device: found.dev, inode: found.ino, size: found.size }];
    });
  }

  /** The first file that is no longer the one that was opened, and what happened to it. */
  lost(): { readonly path: string; readonly reason: string } | undefined {
    for (const file of this.#files) {
      const found = statSync(file.path, { throwIfNoEntry: false });
      if (found === undefined) return { path: file.path, reason: 'was removed or renamed' };
      if (found.ino !== file.inode || found.dev !== file.device) return { path: file.path, reason: 'was replaced' };
      if (file.path !== this.data) continue;
      if (found.size < file.size) return { path: file.path, reason: 'was overwritten or cut short' };
      file.size = found.size;
    }
    return undefined;
  }
}
