import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Millis, SECOND } from '#domain/time/time';
import { closeHour } from './hour-closing.ts';
import type { ReaderMethods, ReaderThreadData } from './reader/reader-thread.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { BoundedThread, type CallLimits } from './thread/bounded-thread.ts';
import { type Caller, Thread, threadModule } from './thread/thread-protocol.ts';
import { WalLimit } from './wal-limit.ts';
import type { WriterMethods, WriterThreadData } from './writer/writer-thread.ts';

export interface SqliteOptions {
  /** Where the file lies; made when missing. */
  readonly directory: string;
  /** Opens beside a running engine and only reads: every write rejects. For audits. */
  readonly readOnly?: boolean;
}

/** Live reads are short, and so many at once that the thread must not wait for the main thread in between. */
const LIVE_READS: CallLimits = { sent: 64 };
/** Any other read may take seconds, and what is sent can no longer be given up. */
const OTHER_READS: CallLimits = { sent: 4 };
/** SQLite does not let go of a statement that runs. An idle reader ends in milliseconds and leaves no WAL behind. */
const READERS_END: Millis = SECOND / 2;

/**
 * Opens the store in one file. SQLite's calls block, so threads make them: one writes, one reads live state, and one
 * reads what may take longer. None of them is replaced: the store has failed for good when one has died, since nobody knows
 * what else is wrong in the process.
 *
 * Rejects when another process writes to the directory, or when the file cannot be opened or is of another version.
 */
export async function openSqliteStore({ directory, readOnly = false }: SqliteOptions): Promise<TelemetryStore> {
  if (!readOnly) mkdirSync(directory, { recursive: true });
  const databaseFile = join(directory, 'energy.db');
  let writer = NO_WRITER;
  let walLimit: WalLimit | undefined;
  const readers: BoundedThread<ReaderMethods>[] = [];
  // What was committed is finished; for what is being read nobody waits any more.
  const close = async () => {
    walLimit?.close();
    const ended = Promise.all(readers.map((reader) => reader.terminate()));
    await Promise.race([ended, sleep(READERS_END, undefined, { ref: false })]);
    await writer.close();
  };
  const startWriter = () =>
    Thread.start<WriterMethods>(threadModule('writer/writer-thread', import.meta.url), {
      databaseFile,
      lockFile: join(directory, 'energy.lock'),
    } satisfies WriterThreadData);
  const startReader = async (limits: CallLimits) => {
    const data: ReaderThreadData = { databaseFile };
    const thread = await Thread.start<ReaderMethods>(threadModule('reader/reader-thread', import.meta.url), data);
    const reader = new BoundedThread(thread, limits);
    readers.push(reader);
    return reader;
  };

  try {
    if (!readOnly) writer = await startWriter();
    const [live, reader] = [await startReader(LIVE_READS), await startReader(OTHER_READS)];
    if (!readOnly) walLimit = new WalLimit(databaseFile, reader, writer);
    const failed = Promise.race([writer.failed, live.failed, reader.failed]);
    return { ...storeOn(writer, live, reader), failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const NO_WRITER: Pick<Thread<WriterMethods>, 'call' | 'failed' | 'close'> = {
  call: () => Promise.reject(new Error('the store was opened for reading only')),
  get failed() {
    return new Promise<never>(() => {});
  },
  close: async () => {},
};

/** The ports, each call to its thread. */
function storeOn(
  writer: Caller<WriterMethods>,
  live: Caller<ReaderMethods>,
  reader: BoundedThread<ReaderMethods>,
): Omit<TelemetryStore, 'failed' | 'close'> {
  const telemetry = new SqliteWriter(writer);
  let closing = Promise.resolve();
  return {
    writer: telemetry,
    hot: {
      newest: (kind, deviceId) => live.call('newest', [kind, deviceId]),
      page: (kind, query) => live.call('page', [kind, query]),
    },
    cold: {
      history: (kind, deviceId, window, query) => reader.call('history', [kind, deviceId, window, query]),
      deviceTotals: (kind, deviceId, window) => reader.call('deviceTotals', [kind, deviceId, window]),
      seriesByDevice: (kind, deviceIds, window, width) =>
        reader.call('seriesByDevice', [kind, deviceIds, window, width]),
      totalsByDevice: (kind, window) => reader.call('totalsByDevice', [kind, window]),
      fleetTotals: (window) => reader.call('fleetTotals', [window]),
      fleetHours: (window) => reader.call('fleetHours', [window]),
    },
    rollups: {
      unclosed: (before, limit) => reader.call('unclosed', [before, limit]),
      // One at a time: two that wrote the sums of one hour by turns could leave older sums under a newer count.
      close: (hour) => {
        const closed = closing.then(() => closeHour(hour, reader, writer, telemetry));
        closing = closed.catch(() => {});
        return closed;
      },
      closed: (hour) => reader.call('closed', [hour]),
      recount: (hour) => reader.call('recount', [hour]),
    },
    retention: {
      horizon: () => live.call('horizon', []), // ingestion asks, and waits behind no long sum
      dropBefore: async (before, signal) => {
        const horizon = await writer.call('moveHorizon', [before]);
        while (!signal?.aborted && (await writer.call('dropStep', [])));
        return horizon;
      },
    },
    links: {
      add: (links) => writer.call('addLinks', [links]),
      find: (id) => reader.call('findLink', [id]),
      list: (query) => reader.call('listLinks', [query]),
      end: (id, to) => writer.call('endLink', [id, to]),
      remove: (id) => writer.call('removeLink', [id]),
      during: (window, vehicleId) => reader.call('linksDuring', [window, vehicleId]),
    },
    warnings: {
      watches: (vehicleIds) => reader.call('watches', [vehicleIds]),
      keep: (changes) => writer.call('keepWarnings', [changes]),
      list: (query) => reader.call('listWarnings', [query]),
      lastEvaluation: () => reader.call('lastEvaluation', []),
      evaluated: (to) => writer.call('evaluated', [to]),
    },
    health: {
      check: async () => {
        // A reader that is busy with sums is not ill.
        if (reader.failure) throw reader.failure;
        await Promise.all([writer.call('check', []), live.call('check', [])]);
      },
    },
  };
}
