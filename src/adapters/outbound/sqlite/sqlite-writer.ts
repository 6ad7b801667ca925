import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import { type CommitOutcome, withheldOutcomes } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { toOutcomes } from './format/commit-answer.ts';
import { toColumns } from './format/commit-columns.ts';
import { DeviceNumbers } from './format/device-numbers.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterMethods } from './writer/writer-thread.ts';

/** As many readings as the largest request may hold: some 5 ms. */
const CROWD_READINGS = 5_000;

/** Commits readings, each call one transaction of the writer thread. */
export class SqliteWriter implements TelemetryWriter {
  readonly maxGroupWhenBusy = CROWD_READINGS;
  readonly #thread: Caller<WriterMethods>;
  readonly #devices = new DeviceNumbers();
  #commits = 0;

  constructor(thread: Caller<WriterMethods>) {
    this.#thread = thread;
  }

  /** How many were asked for so far. */
  get commits(): number {
    return this.#commits;
  }

  async commit(
    readings: readonly Reading[],
    { atomic = false }: CommitOptions = {},
  ): Promise<readonly CommitOutcome[]> {
    this.#commits++;
    const columns = toColumns(readings, this.#devices);
    const answer = await this.#thread.call('commit', [columns, atomic], [columns.numbers.buffer]);
    this.#devices.learn(columns.unknown, answer.devices);
    const outcomes = toOutcomes(answer, readings);
    return atomic && answer.conflicts !== undefined ? withheldOutcomes(readings, outcomes) : outcomes;
  }
}
