import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import { type CommitOutcome, withheldOutcomes } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { toOutcomes } from './format/commit-answer.ts';
import { type FieldOrder, toColumns } from './format/commit-columns.ts';
import { DeviceNumbers } from './format/device-numbers.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterObjects } from './writer/writer-thread.ts';

/** The readings of the largest allowed request, committed in some 5 ms. */
const MAX_GROUP_WHEN_BUSY = 5_000;

/** Commits readings; each call is one transaction of the writer thread. */
export class SqliteWriter implements TelemetryWriter {
  readonly maxGroupWhenBusy = MAX_GROUP_WHEN_BUSY;
  readonly #thread: Caller<WriterObjects>;
  readonly #order: FieldOrder;
  readonly #devices = new DeviceNumbers();
  readonly #onDamage: (damage: string) => void;
  /** Commits requested so far. */
  commits = 0;

  /** `order` is the thread's own, from `telemetry.fieldOrder`. `onDamage` hears why readings could not be judged. */
  constructor(thread: Caller<WriterObjects>, order: FieldOrder, onDamage: (damage: string) => void = () => {}) {
    this.#thread = thread;
    this.#order = order;
    this.#onDamage = onDamage;
  }

  async commit(
    readings: readonly Reading[],
    { atomic = false }: CommitOptions = {},
  ): Promise<readonly CommitOutcome[]> {
    this.commits++;
    const columns = toColumns(readings, this.#order, this.#devices);
    const answer = await this.#thread.call('telemetry', 'commit', [columns, atomic], [columns.numbers.buffer]);
    this.#devices.learn(columns.unknown, answer.devices);
    for (const damage of answer.damage ?? []) this.#onDamage(damage);
    const outcomes = toOutcomes(answer, readings);
    return atomic && (answer.conflicts ?? answer.damage) !== undefined
      ? withheldOutcomes(readings, outcomes)
      : outcomes;
  }
}
