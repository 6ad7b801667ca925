import { stat } from 'node:fs/promises';
import { type Millis, SECOND } from '#domain/time/time';
import type { ReaderObjects } from './reader/reader-thread.ts';
import type { BoundedThread } from './thread/bounded-thread.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterObjects } from './writer/writer-thread.ts';

/** Some seconds of the fastest ingestion. The usual size is 4 MiB. */
const MAX_WAL_BYTES = 256 * 1024 * 1024;
/** A check costs one system call. */
const CHECK_INTERVAL: Millis = 10 * SECOND;

/**
 * Keeps the WAL from growing without end. SQLite reuses it when a commit finds no active reader, but a reader that goes
 * from one sum or page to the next is always active. So such readers are paused: they are sent nothing until the WAL has
 * been emptied.
 */
export class WalLimit {
  readonly #timer: NodeJS.Timeout;
  #isEmptying = false;

  constructor(
    databaseFile: string,
    readers: Iterable<BoundedThread<ReaderObjects>>,
    writer: Caller<WriterObjects>,
    { maxBytes = MAX_WAL_BYTES, interval = CHECK_INTERVAL }: { maxBytes?: number; interval?: Millis } = {},
  ) {
    const check = async () => {
      if (this.#isEmptying || (await stat(`${databaseFile}-wal`)).size <= maxBytes) return;
      this.#isEmptying = true;
      await whileAllIdle([...readers], () => writer.call('wal', 'empty', [])).finally(() => {
        this.#isEmptying = false;
      });
    };
    this.#timer = setInterval(() => void check().catch(() => {}), interval).unref(); // a failed check is soon repeated
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function whileAllIdle(readers: readonly BoundedThread<ReaderObjects>[], work: () => Promise<void>): Promise<void> {
  const [first, ...others] = readers;
  return first === undefined ? work() : first.whileIdle(() => whileAllIdle(others, work));
}
