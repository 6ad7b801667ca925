import { type FileHandle, open } from 'node:fs/promises';
import { StoreUnavailableError } from 'energy-ingestion-engine';

/**
 * An append-only file of JSON lines. One entry is one line, and a line counts only with its line feed: an entry that a
 * crash cut off was never acknowledged, and is cut away when the journal is opened again.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  #size: number;
  #tail: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Opens a journal, or creates it, and replays its entries in order. */
  static async open<Entry>(path: string, replay: (entry: Entry) => unknown): Promise<Journal<Entry>> {
    const file = await open(path, 'a+');
    const text = await file.readFile('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n')) if (line !== '') await replay(JSON.parse(line));
    const size = Buffer.byteLength(whole);
    await file.truncate(size);
    return new Journal(file, size);
  }

  /** Runs one piece of work after the other, so that nothing changes between a decision and its entry. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  /**
   * Resolves when the entry is on disk. Rejects with `StoreUnavailableError` when it is not; what was written of it is
   * cut away again, so that the next entry begins on a line of its own. Call it in turn.
   */
  async append(entry: Entry): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      await this.#file.appendFile(line);
      await this.#file.datasync();
      this.#size += line.length;
    } catch (cause) {
      await this.#file.truncate(this.#size);
      throw new StoreUnavailableError('the journal cannot be written', { cause });
    }
  }

  /** Finishes what is in turn. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#tail.then(() => this.#file.close());
    return this.#closed;
  }
}
