import { type Stats, statSync } from 'node:fs';

/**
 * A file that is held open and must stay where it is. A program that has a file open goes on writing to it after it was
 * removed, renamed or replaced, and everything it writes is gone when it ends: so ask again and again, at 3 µs each.
 */
export class OpenFile {
  readonly path: string;
  readonly #opened: Stats | undefined;
  readonly #grows: boolean;
  #size: number;

  /** Remembers the file at this path, if there is one. One that `grows` never gets smaller. */
  constructor(path: string, { grows = false } = {}) {
    this.path = path;
    this.#opened = statSync(path, { throwIfNoEntry: false });
    this.#grows = grows;
    this.#size = this.#opened?.size ?? 0;
  }

  /** What happened to the file, or `undefined` while it is the one that was opened. */
  fate(): string | undefined {
    if (this.#opened === undefined) return undefined;
    const found = statSync(this.path, { throwIfNoEntry: false });
    if (found === undefined) return 'was removed or renamed';
    if (found.ino !== this.#opened.ino || found.dev !== this.#opened.dev) return 'was replaced';
    if (this.#grows && found.size < this.#size) return 'was overwritten or cut short';
    this.#size = found.size;
    return undefined;
  }
}
