import { stat } from 'node:fs/promises';
import { type Millis, SECOND } from '#domain/time/time';
import type { ReaderMethods } from './reader/reader-thread.ts';
import type { BoundedThread } from './thread/bounded-thread.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterMethods } from './writer/writer-thread.ts';

/** Some seconds of the fastest ingestion. The usual size is 4 MiB. */
const LARGEST_WAL = 256 * 1024 * 1024;
/** A look costs one system call. */
const LOOK_EVERY: Millis = 10 * SECOND;

/**
 * Keeps the WAL from growing for ever. SQLite begins it anew when a commit finds no reader at work; a reader that goes
 * from one sum to the next is always at work. So it gets a pause: it is sent nothing until the WAL is empty.
 */
export class WalLimit {
  readonly #timer: NodeJS.Timeout;
  #emptying = false;

  constructor(
    databaseFile: string,
    reader: BoundedThread<ReaderMethods>,
    writer: Caller<WriterMethods>,
    { largest = LARGEST_WAL, every = LOOK_EVERY }: { largest?: number; every?: Millis } = {},
  ) {
    const look = async () => {
      if (this.#emptying || (await stat(`${databaseFile}-wal`)).size <= largest) return;
      this.#emptying = true;
      await reader
        .whileIdle(() => writer.call('emptyWal', []))
        .finally(() => {
          this.#emptying = false;
        });
    };
    this.#timer = setInterval(() => void look().catch(() => {}), every).unref(); // if it fails, the next look is soon
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
