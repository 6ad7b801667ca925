import { existsSync } from 'node:fs';
import type { LinkRepository } from '#application/ports/link-repository';
import type { StoreHealth } from '#application/ports/store-lifecycle';
import type { WarningRepository } from '#application/ports/warning-repository';
import { Marks } from '../format/marks.ts';
import { OpenFile } from '../format/open-file.ts';
import { LinkWriter } from '../records/links.ts';
import { TimeWriter } from '../records/time.ts';
import { WarningWriter } from '../records/warnings.ts';
import type { Sync } from '../thread/remote.ts';
import { serve, threadData } from '../thread/thread-protocol.ts';
import { CommitTransaction } from './commit-transaction.ts';
import { prepareDirectory } from './data-directory.ts';
import { emptyWal, lockDirectory, openForWriting, type Upgrade } from './database.ts';
import { HistoryDropper } from './history-dropper.ts';
import { HourWriter } from './hour-writer.ts';

export interface WriterThreadData {
  readonly databaseFile: string;
  readonly lockFile: string;
}

/**
 * What the writer thread serves: the writing side of the ports. Every call is one transaction, durable when it returns.
 */
export interface WriterObjects {
  /** What people should know about the files that were found. */
  readonly start: { notes(): { readonly warnings: readonly string[] } & Upgrade };
  readonly telemetry: Pick<CommitTransaction, 'commit' | 'fieldOrder'>;
  readonly rollups: HourWriter;
  readonly retention: HistoryDropper;
  readonly time: TimeWriter;
  readonly links: Sync<Pick<LinkRepository, 'add' | 'end' | 'remove'>>;
  readonly warnings: Sync<Pick<WarningRepository, 'keep' | 'evaluated'>>;
  readonly wal: { empty(): void };
  /** Throws `FatalError`, which ends the thread, when the files are no longer this engine's. */
  readonly files: { check(): void };
  readonly health: Sync<StoreHealth>;
}

const { databaseFile, lockFile } = threadData<WriterThreadData>();
const wasUsed = existsSync(lockFile);
const lock = lockDirectory(lockFile);
const warnings = prepareDirectory(databaseFile, wasUsed);
let reopenedHours = 0;
const database = openForWriting(databaseFile, (upgrade) => {
  reopenedHours = upgrade.reopenedHours;
});
const path = database.location(); // a link has its log beside the file that it leads to
database.watch(
  new OpenFile(databaseFile, { grows: true }),
  [`${path}-wal`, `${path}-shm`, lockFile].map((file) => new OpenFile(file)),
);
const telemetry = new CommitTransaction(database);
const marks = new Marks(database);

function checkFiles(): void {
  database.checkFiles();
  database.checkOwner();
}

serve<WriterObjects>(
  {
    start: { notes: () => ({ warnings, reopenedHours }) },
    telemetry,
    rollups: new HourWriter(database, marks),
    retention: new HistoryDropper(database, marks, () => telemetry.forget()),
    time: new TimeWriter(database, marks),
    links: new LinkWriter(database),
    warnings: new WarningWriter(database, marks),
    wal: { empty: () => emptyWal(database) },
    files: { check: checkFiles },
    health: {
      // Returns once earlier calls are done.
      check: () => {
        checkFiles();
        telemetry.checkWrites();
      },
    },
  },
  () => {
    database.close();
    lock.close();
  },
);
