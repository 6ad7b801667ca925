import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pTimeout from 'p-timeout';
import type { EngineStore } from '#application/ports/engine-store';
import type { LinkOutcome } from '#application/ports/link-repository';
import type { Logger } from '#application/ports/logger';
import type { Upkeep } from '#application/ports/upkeep';
import { type Millis, SECOND } from '#domain/time/time';
import { createDirectory } from './create-directory.ts';
import { DamageReport } from './damage-report.ts';
import { FileWatch } from './file-watch.ts';
import { closeHour } from './hour-closing.ts';
import { noWriter, onlyReading } from './no-writer.ts';
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
  /** Learns of data that seem to be missing, and of damage. */
  readonly logger?: Logger;
  /** How many threads may compute at once; as many as the machine runs if not given. With more than two, one more reads. */
  readonly processors?: number;
}

/** Both bundles of ports, with everything that upkeep may have. */
export type SqliteStore = EngineStore & { readonly upkeep: Required<Upkeep> };

/** Live reads are so short that the thread must not wait for the main thread after each. */
const LIVE_READS: CallLimits = { sent: 64 };
/** Pages take tens of milliseconds, other reads seconds, and one that has been sent can no longer be withdrawn. */
const OTHER_READS: CallLimits = { sent: 4 };
/** Links added in one transaction, of some 10 ms. Commits that have arrived meanwhile come before the next. */
const LINKS_PER_STEP = 250;
/**
 * How long closing waits for the readers. A running statement cannot be stopped; an idle reader ends within
 * milliseconds, and then no WAL is left behind.
 */
const READERS_END_TIMEOUT: Millis = SECOND / 2;

/**
 * Opens the store in one file. SQLite's calls block, so they are made in threads: one writes, one reads the live state
 * of single devices, and one makes all reads that may take longer. On more than two processors pages of live state have a
 * thread of their own. A thread that dies is not replaced, as whatever killed it may have damaged the rest of the
 * process: the store has failed for good. So it has, within a second and before anything else is acknowledged, when its
 * files were removed or replaced, or when another engine has opened them for writing.
 *
 * On a disk that is full or read-only the store opens for reading: every write rejects, and so does the health check,
 * until the store is opened again where it can write.
 *
 * Rejects when another process writes to the directory, when the file cannot be opened, is that of another program or of
 * another version, or when a stream has data and is now defined differently.
 */
export async function openSqliteStore({
  directory,
  readOnly = false,
  logger,
  processors = availableParallelism(),
}: SqliteOptions): Promise<SqliteStore> {
  if (!readOnly) createDirectory(directory);
  const databaseFile = join(directory, 'energy.db');
  let writer = noWriter('the store was opened for reading only');
  const watches: { close(): void }[] = [];
  const readers: BoundedThread<ReaderObjects>[] = [];
  const damage = new DamageReport(databaseFile, logger);
  const noticed = (place: string) => damage.add(place);
  // Pending commits are finished, pending reads reject.
  const close = async () => {
    for (const watch of watches) watch.close();
    const ended = Promise.all(readers.map((reader) => reader.terminate()));
    await pTimeout(ended, { milliseconds: READERS_END_TIMEOUT, message: false });
    await writer.close();
  };
  const startWriter = () =>
    Thread.start<WriterObjects>(
      threadModule('writer/writer-thread', import.meta.url),
      {
        databaseFile,
        lockFile: join(directory, 'energy.lock'),
      } satisfies WriterThreadData,
      noticed,
    );
  const startReader = async (limits: CallLimits) => {
    const data: ReaderThreadData = { databaseFile };
    const thread = await Thread.start<ReaderObjects>(
      threadModule('reader/reader-thread', import.meta.url),
      data,
      noticed,
    );
    const reader = new BoundedThread(thread, limits);
    readers.push(reader);
    return reader;
  };

  try {
    if (!readOnly) writer = await startWriter().catch((error) => onlyReading(databaseFile, error, logger));
    const live = await startReader(LIVE_READS);
    const reader = await startReader(OTHER_READS);
    // On two processors a second thread that is always busy would make all others wait (ADR 5).
    const pages = processors > 2 ? await startReader(OTHER_READS) : reader;
    const canWrite = writer instanceof Thread;
    if (canWrite) await reportFound(writer, logger);
    if (canWrite) watches.push(new WalLimit(databaseFile, new Set([reader, pages]), writer));
    const check = canWrite ? () => writer.call('files', 'check', []) : () => live.ahead.call('health', 'check', []);
    watches.push(new FileWatch(check));
    const order = canWrite ? await writer.call('telemetry', 'fieldOrder', []) : [];
    const telemetry = new SqliteWriter(writer, order, noticed);
    const failed = Promise.race([writer.failed, ...readers.map((one) => one.failed)]);
    const ports = portsOn(telemetry, writer, { live, ahead: live.ahead, reader, pages });
    const health = { ...ports.health, warnings: () => damage.list() };
    const measure = async () => ({ sizeBytes: await sizeOf(databaseFile) });
    return { name: 'sqlite', location: databaseFile, ...ports, health, measure, failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bytes of the data file and its log, which is missing while there is nothing in it. */
async function sizeOf(databaseFile: string): Promise<number> {
  const sizes = [databaseFile, `${databaseFile}-wal`].map((file) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size);
}

/** Logs what people should know about the files that the writer found. */
async function reportFound(writer: Caller<WriterObjects>, logger: Logger | undefined): Promise<void> {
  const { warnings, reopenedHours } = await writer.call('start', 'notes', []);
  for (const warning of warnings) logger?.warn(warning);
  if (reopenedHours === 0) return;
  logger?.info('hours closed by an older version will be closed again', { hours: reopenedHours });
}

/** `ahead` is the thread of live reads, too, for calls that must not wait behind those. */
type Readers = Readonly<Record<'live' | 'ahead' | 'reader' | 'pages', Caller<ReaderObjects>>>;

/** The ports, each method routed to its thread. */
function portsOn(
  telemetry: SqliteWriter,
  writer: Caller<WriterObjects>,
  { live, ahead, reader, pages }: Readers,
): Omit<SqliteStore, 'name' | 'location' | 'measure' | 'failed' | 'close'> {
  const { newest, knows } = remote(live, 'hot');
  const { page } = remote(pages, 'hot');
  const { unclosed, closed, recount } = remote(reader, 'rollups');
  const { moveHorizon, dropStep, moveBack } = remote(writer, 'retention');
  const { add: addStep, end, remove } = remote(writer, 'links');
  const { find, list, during } = remote(reader, 'links');
  const { keep, evaluated } = remote(writer, 'warnings');
  const { watches, list: listWarnings, lastEvaluation } = remote(reader, 'warnings');
  let closing = Promise.resolve();
  return {
    writer: telemetry,
    hot: { newest, knows, page },
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
        horizon: remote(ahead, 'retention').horizon, // ingestion needs it, and must not wait behind any read
        dropBefore: async (before, signal) => {
          const horizon = await moveHorizon(before);
          while (!signal?.aborted && (await dropStep()));
          return horizon;
        },
        moveBack,
      },
      time: { read: remote(live, 'time').read, write: remote(writer, 'time').write },
    },
    links: {
      add: async (links) => {
        const outcomes: LinkOutcome[] = [];
        for (let at = 0; at < links.length; at += LINKS_PER_STEP) {
          outcomes.push(...(await addStep(links.slice(at, at + LINKS_PER_STEP))));
        }
        return outcomes;
      },
      find,
      list,
      end,
      remove,
      during,
    },
    warnings: { watches, keep, list: listWarnings, lastEvaluation, evaluated },
    health: {
      check: async () => {
        // No calls to these: a reader that is busy with pages or sums is not ill.
        for (const { failure } of [reader, pages]) if (failure) throw failure;
        await Promise.all([remote(writer, 'health').check(), remote(ahead, 'health').check()]);
      },
    },
  };
}
