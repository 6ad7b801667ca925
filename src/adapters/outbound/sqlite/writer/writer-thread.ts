import type { StreamHour } from '#application/ports/hour-rollups';
import type { LinkOutcome } from '#application/ports/link-repository';
import type { WarningChange } from '#application/ports/warning-repository';
import type { MeterLink } from '#domain/meter-link';
import type { CommitAnswer } from '../format/commit-answer.ts';
import type { CommitColumns } from '../format/commit-columns.ts';
import { Marks } from '../format/marks.ts';
import { LinkWriter } from '../records/links.ts';
import { WarningWriter } from '../records/warnings.ts';
import { serve, threadData } from '../thread/thread-protocol.ts';
import { CommitTransaction } from './commit-transaction.ts';
import { emptyWal, lockDirectory, openForWriting } from './database.ts';
import { HistoryDropper } from './history-dropper.ts';
import { HourWriter } from './hour-writer.ts';

export interface WriterThreadData {
  readonly databaseFile: string;
  readonly lockFile: string;
}

/** What the writing thread answers to. Every method is one transaction, durable when it answers. */
export type WriterMethods = {
  commit(columns: CommitColumns, atomic: boolean): CommitAnswer;
  writeHour(hour: StreamHour, rows: Float64Array): void;
  closeHour(hour: StreamHour, readings: number): void;
  moveHorizon(before: number): number;
  dropStep(): boolean;
  addLinks(links: readonly MeterLink[]): readonly LinkOutcome[];
  endLink(id: string, to: number | null): LinkOutcome | undefined;
  removeLink(id: string): boolean;
  keepWarnings(changes: readonly WarningChange[]): void;
  evaluated(to: number): void;
  emptyWal(): void;
  /** Answers as soon as what came before is through; when the last commit failed, by writing something. */
  check(): void;
};

const { databaseFile, lockFile } = threadData<WriterThreadData>();
const lock = lockDirectory(lockFile);
const database = openForWriting(databaseFile);
const transaction = new CommitTransaction(database);
const marks = new Marks(database, { writable: true });
const hours = new HourWriter(database, marks);
const dropper = new HistoryDropper(database, marks);
const links = new LinkWriter(database);
const warnings = new WarningWriter(database);

serve(
  {
    commit: (columns, atomic) => transaction.commit(columns, atomic),
    writeHour: (hour, rows) => hours.write(hour, rows),
    closeHour: (hour, readings) => hours.close(hour, readings),
    moveHorizon: (before) => dropper.moveHorizon(before),
    dropStep: () => dropper.dropStep(),
    addLinks: (added) => links.add(added),
    endLink: (id, to) => links.end(id, to),
    removeLink: (id) => links.remove(id),
    keepWarnings: (changes) => warnings.keep(changes),
    evaluated: (to) => marks.advance('evaluation', to),
    emptyWal: () => emptyWal(database),
    check: () => {
      if (transaction.lastFailed) marks.advance('write-check', Date.now());
    },
  } satisfies WriterMethods,
  () => {
    database.close();
    lock.close();
  },
);
