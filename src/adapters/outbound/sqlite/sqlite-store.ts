import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { closeHour } from './hour-closing.ts';
import type { ReaderMethods, ReaderThreadData } from './reader-thread.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { type Caller, Thread, threadModule } from './thread-protocol.ts';
import type { WriterMethods, WriterThreadData } from './writer-thread.ts';

export interface SqliteOptions {
  /** Where the file lies; made when missing. */
  readonly directory: string;
  /** Opens beside a running engine and only reads: every write rejects. For audits. */
  readonly readOnly?: boolean;
}

/**
 * Opens the store in one file. SQLite's calls block, so threads make them: one writes, one reads live state, and one
 * reads what may take longer.
 *
 * Rejects when another process writes to the directory, or when the file cannot be opened or is of another version.
 */
export async function openSqliteStore({ directory, readOnly = false }: SqliteOptions): Promise<TelemetryStore> {
  if (!readOnly) mkdirSync(directory, { recursive: true });
  const databaseFile = join(directory, 'energy.db');
  const opened: { close(): Promise<void> }[] = [];
  const opening = async <T extends { close(): Promise<void> }>(thread: Promise<T>): Promise<T> => {
    opened.unshift(await thread);
    return thread;
  };
  const close = async () => {
    for (const thread of opened) await thread.close();
  };

  try {
    const writer = await opening<Caller<WriterMethods>>(
      readOnly
        ? Promise.resolve(NO_WRITER)
        : Thread.start<WriterMethods>(threadModule('writer-thread', import.meta.url), {
            databaseFile,
            lockFile: join(directory, 'energy.lock'),
          } satisfies WriterThreadData),
    );
    const reader = () =>
      opening(
        Thread.start<ReaderMethods>(threadModule('reader-thread', import.meta.url), {
          databaseFile,
        } satisfies ReaderThreadData),
      );
    return { ...storeOn(writer, await reader(), await reader()), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const NO_WRITER: Caller<WriterMethods> = {
  call: () => Promise.reject(new Error('the store was opened for reading only')),
  close: async () => {},
};

/** The ports, each call to its thread. */
function storeOn(
  writer: Caller<WriterMethods>,
  live: Caller<ReaderMethods>,
  reader: Caller<ReaderMethods>,
): Omit<TelemetryStore, 'close'> {
  let closing = Promise.resolve();
  return {
    writer: new SqliteWriter(writer),
    hot: {
      newest: (kind, deviceId) => live.call('newest', [kind, deviceId]),
      page: (kind, query) => live.call('page', [kind, query]),
    },
    cold: {
      history: (kind, deviceId, window, query) => reader.call('history', [kind, deviceId, window, query]),
      deviceTotals: (kind, deviceId, window) => reader.call('deviceTotals', [kind, deviceId, window]),
      deviceSeries: (kind, deviceId, window, width) => reader.call('deviceSeries', [kind, deviceId, window, width]),
      totalsByDevice: (kind, window) => reader.call('totalsByDevice', [kind, window]),
      fleetTotals: (window) => reader.call('fleetTotals', [window]),
      fleetHours: (window) => reader.call('fleetHours', [window]),
    },
    rollups: {
      unclosed: (before, limit) => reader.call('unclosed', [before, limit]),
      // One at a time: two that wrote the sums of one hour by turns could leave older sums under a newer count.
      close: (hour) => {
        const closed = closing.then(() => closeHour(hour, reader, writer));
        closing = closed.catch(() => {});
        return closed;
      },
      closed: (hour) => reader.call('closed', [hour]),
      recount: (hour) => reader.call('recount', [hour]),
    },
    retention: {
      horizon: () => reader.call('horizon', []),
      dropBefore: async (before) => {
        const horizon = await writer.call('moveHorizon', [before]);
        while (await writer.call('dropStep', []));
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
        await Promise.all([writer.call('check', []), live.call('check', []), reader.call('check', [])]);
      },
    },
  };
}
