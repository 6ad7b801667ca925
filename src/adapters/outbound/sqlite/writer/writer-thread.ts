import type { LinkRepository } from '#application/ports/link-repository';
import type { StoreHealth } from '#application/ports/store-lifecycle';
import type { WarningRepository } from '#application/ports/warning-repository';
import { Marks } from '../format/marks.ts';
import { LinkWriter } from '../records/links.ts';
import { WarningWriter } from '../records/warnings.ts';
import type { Sync } from '../thread/remote.ts';
import { serve, threadData } from '../thread/thread-protocol.ts';
import { CommitTransaction } from './commit-transaction.ts';
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
  readonly telemetry: Pick<CommitTransaction, 'commit' | 'fieldOrder'>;
  readonly rollups: HourWriter;
  readonly retention: HistoryDropper;
  readonly links: Sync<Pick<LinkRepository, 'add' | 'end' | 'remove'>>;
  readonly warnings: Sync<Pick<WarningRepository, 'keep' | 'evaluated'>>;
  readonly wal: { empty(): void };
  readonly health: Sync<StoreHealth>;
  readonly opening: { upgrade(): Upgrade | undefined };
}

const { databaseFile, lockFile } = threadData<WriterThreadData>();
const lock = lockDirectory(lockFile);
let upgrade: Upgrade | undefined;
const database = openForWriting(databaseFile, (done) => {
  upgrade = done;
});
const telemetry = new CommitTransaction(database);
const marks = new Marks(database);

serve<WriterObjects>(
  {
    telemetry,
    rollups: new HourWriter(database, marks),
    retention: new HistoryDropper(database, marks),
    links: new LinkWriter(database),
    warnings: new WarningWriter(database, marks),
    wal: { empty: () => emptyWal(database) },
    health: {
      // Returns once earlier calls are done. After a failed commit, only a write shows whether the disk works again.
      check: () => {
        if (telemetry.lastFailed) marks.advance('write-check', Date.now());
      },
    },
    opening: { upgrade: () => upgrade },
  },
  () => {
    database.close();
    lock.close();
  },
);
