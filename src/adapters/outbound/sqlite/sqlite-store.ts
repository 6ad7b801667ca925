import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pTimeout from 'p-timeout';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import type { Upkeep } from '#application/ports/upkeep';
import { type Millis, SECOND } from '#domain/time/time';
import { closeHour } from './hour-closing.ts';
import type { ReaderObjects, ReaderThreadData } from './reader/reader-thread.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { BoundedThread, type CallLimits } from './thread/bounded-thread.ts';
import { remote } from './thread/remote.ts';
import { type Caller, Thread, threadModule } from './thread/thread-protocol.ts';
import { WalLimit } from './wal-limit.ts';
import type { WriterObjects, WriterThreadData } from './writer/writer-thread.ts';

export interface SqliteOptions {
  /** Where the file is; created if missing. */
  readonly directory: string;
  /** Opens beside a running engine and only reads: every write rejects. For audits. */
  readonly readOnly?: boolean;
  readonly logger?: Logger;
}

/** Both bundles of ports, with everything that upkeep may have. */
export type SqliteStore = EngineStore & { readonly upkeep: Required<Upkeep> };

/** Live reads are so short that the thread must not wait for the main thread after each. */
const LIVE_READS: CallLimits = { sent: 64 };
/** Other reads may take seconds, and one that has been sent can no longer be withdrawn. */
const OTHER_READS: CallLimits = { sent: 4 };
/**
 * How long closing waits for the readers. A running statement cannot be stopped; an idle reader ends within
 * milliseconds, and then no WAL is left behind.
 */
const READERS_END_TIMEOUT: Millis = SECOND / 2;

/**
 * Opens the store in one file. SQLite's calls block, so they are made in threads: one writes, one reads live state, and
 * one makes all reads that may take longer. A thread that dies is not replaced, as whatever killed it may
 * have damaged the rest of the process: the store has failed for good.
 *
 * Rejects when another process writes to the directory, when the file cannot be opened or is of another version, or when
 * a stream has data and is now defined differently.
 */
export async function openSqliteStore({ directory, readOnly = false, logger }: SqliteOptions): Promise<SqliteStore> {
  if (!readOnly) mkdirSync(directory, { recursive: true });
  const databaseFile = join(directory, 'energy.db');
  let writer = NO_WRITER;
  let walLimit: WalLimit | undefined;
  const readers: BoundedThread<ReaderObjects>[] = [];
  // Pending commits are finished, pending reads reject.
  const close = async () => {
    walLimit?.close();
    const ended = Promise.all(readers.map((reader) => reader.terminate()));
    await pTimeout(ended, { milliseconds: READERS_END_TIMEOUT, message: false });
    await writer.close();
  };
  const startWriter = () =>
    Thread.start<WriterObjects>(threadModule('writer/writer-thread', import.meta.url), {
      databaseFile,
      lockFile: join(directory, 'energy.lock'),
    } satisfies WriterThreadData);
  const startReader = async (limits: CallLimits) => {
    const data: ReaderThreadData = { databaseFile };
    const thread = await Thread.start<ReaderObjects>(threadModule('reader/reader-thread', import.meta.url), data);
    const reader = new BoundedThread(thread, limits);
    readers.push(reader);
    return reader;
  };

  try {
    if (!readOnly) writer = await startWriter();
    const [live, reader] = [await startReader(LIVE_READS), await startReader(OTHER_READS)];
    if (!readOnly) walLimit = new WalLimit(databaseFile, reader, writer);
    const telemetry = new SqliteWriter(writer, readOnly ? [] : await writer.call('telemetry', 'fieldOrder', []));
    const upgrade = readOnly ? undefined : await writer.call('opening', 'upgrade', []);
    if (upgrade && upgrade.reopenedHours > 0) {
      logger?.info('hours closed by an older version will be closed again', { hours: upgrade.reopenedHours });
    }
    const failed = Promise.race([writer.failed, live.failed, reader.failed]);
    return { ...portsOn(telemetry, writer, live, reader), failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const NO_WRITER: Pick<Thread<WriterObjects>, 'call' | 'failure' | 'failed' | 'close'> = {
  failure: undefined,
  call: () => Promise.reject(new Error('the store was opened for reading only')),
  get failed() {
    return new Promise<never>(() => {});
  },
  close: async () => {},
};

/** The ports, each method routed to its thread. */
function portsOn(
  telemetry: SqliteWriter,
  writer: Caller<WriterObjects>,
  live: Caller<ReaderObjects>,
  reader: Caller<ReaderObjects>,
): Omit<SqliteStore, 'failed' | 'close'> {
  const { unclosed, closed, recount } = remote(reader, 'rollups');
  const { moveHorizon, dropStep } = remote(writer, 'retention');
  const { add, end, remove } = remote(writer, 'links');
  const { find, list, during } = remote(reader, 'links');
  const { keep, evaluated } = remote(writer, 'warnings');
  const { watches, list: listWarnings, lastEvaluation } = remote(reader, 'warnings');
  let closing = Promise.resolve();
  return {
    writer: telemetry,
    hot: remote(live, 'hot'),
    cold: remote(reader, 'cold'),
    upkeep: {
      rollups: {
        unclosed,
        // One at a time: two interleaved closings of an hour could leave the older sums under the newer count.
        close: (hour) => {
          const done = closing.then(() => closeHour(hour, reader, writer, telemetry));
          closing = done.catch(() => {});
          return done;
        },
        closed,
        recount,
      },
      retention: {
        horizon: remote(live, 'retention').horizon, // ingestion needs it, and must not wait behind a long sum
        dropBefore: async (before, signal) => {
          const horizon = await moveHorizon(before);
          while (!signal?.aborted && (await dropStep()));
          return horizon;
        },
      },
    },
    links: { add, find, list, end, remove, during },
    warnings: { watches, keep, list: listWarnings, lastEvaluation, evaluated },
    health: {
      check: async () => {
        if (reader.failure) throw reader.failure; // no call: a reader that is busy with sums is not ill
        await Promise.all([remote(writer, 'health').check(), remote(live, 'health').check()]);
      },
    },
  };
}
