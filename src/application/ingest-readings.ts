import type { Fault } from '#domain/reading/fault';
import { type IngestOutcome, rejected, WITHHELD } from '#domain/reading/ingest-outcome';
import type { EpochMillis } from '#domain/time/time';
import type { CheckedClock } from './checked-clock.ts';
import { ClockBehindError } from './errors.ts';
import { RecentHorizon } from './horizon.ts';
import type { IngestLedger } from './ingest-ledger.ts';
import type { Clock } from './ports/clock.ts';
import type { CommitOptions, TelemetryWriter } from './ports/telemetry-writer.ts';
import type { Upkeep } from './ports/upkeep.ts';
import { isReading, type Received } from './received.ts';

/**
 * The result of a request. Every reading counts exactly once:
 * `received = stored + duplicates + conflicts + rejected`.
 */
export interface IngestReport {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Invalid readings and, if an all-or-nothing batch failed, the valid readings withheld with them. */
  readonly rejected: number;
  /** One per reading, in the order received. */
  readonly outcomes: readonly IngestOutcome[];
}

/** Stores what devices send: every valid reading exactly once, with an outcome for each. */
export class IngestReadings {
  readonly #writer: TelemetryWriter;
  readonly #horizon: RecentHorizon | undefined;
  readonly #checkedClock: CheckedClock | undefined;
  readonly #ledger: IngestLedger | undefined;

  /**
   * `history` is needed with a store that drops old history; without it no reading is before the horizon. Without
   * `checkedClock` the clock is never in doubt. `ledger` counts every outcome.
   */
  constructor(
    writer: TelemetryWriter,
    history?: { readonly upkeep: Upkeep; readonly clock: Clock },
    checkedClock?: CheckedClock,
    ledger?: IngestLedger,
  ) {
    this.#writer = writer;
    this.#ledger = ledger;
    this.#horizon = history && new RecentHorizon(history.upkeep, history.clock);
    this.#checkedClock = checkedClock;
  }

  /**
   * Resolves when every valid reading is durable. Rejects with `OverloadedError`, `StoreUnavailableError` or
   * `ClockBehindError`; sending everything again is then safe. With `atomic`, nothing is stored if any reading is invalid or in conflict.
   */
  async ingest(items: readonly Received[], options: CommitOptions = {}): Promise<IngestReport> {
    if (this.#checkedClock?.isBehind()) {
      this.#checkedClock.admit(items.filter(isReading).map(({ timestamp }) => timestamp));
    }
    const received = this.#horizon ? this.#rejectDropped(await this.#horizon.current(), items) : items;
    const valid = received.filter(isReading);
    if (options.atomic && valid.length < received.length) {
      return this.#report(
        items,
        received.map((item) => (isReading(item) ? WITHHELD : item)),
      );
    }
    const committed = valid.length === 0 ? [] : await this.#writer.commit(valid, options);
    if (valid.length === received.length) return this.#report(items, committed);
    let next = 0;
    return this.#report(
      items,
      received.map((item) => (isReading(item) ? (committed[next++] as IngestOutcome) : item)),
    );
  }

  #report(items: readonly Received[], outcomes: readonly IngestOutcome[]): IngestReport {
    this.#ledger?.record(items, outcomes);
    return report(outcomes);
  }

  /** Throws `ClockBehindError` when readings are before a horizon that is in the future: one of both is wrong. */
  #rejectDropped(horizon: EpochMillis, items: readonly Received[]): readonly Received[] {
    if (!items.some((item) => isReading(item) && item.timestamp < horizon)) return items;
    if (this.#checkedClock !== undefined && horizon > this.#checkedClock.now()) {
      throw new ClockBehindError(`the kept history begins in the future, at ${new Date(horizon).toISOString()}`);
    }
    return rejectBefore(horizon, items);
  }
}

/** Before the horizon a duplicate can no longer be recognized: stored again, it would be counted twice. */
function rejectBefore(horizon: EpochMillis, items: readonly Received[]): readonly Received[] {
  const detail = `is before ${new Date(horizon).toISOString()}: history before that time has been dropped`;
  const tooOld: Fault = { code: 'timestamp-too-old', field: 'timestamp', detail };
  return items.map((item) => (isReading(item) && item.timestamp < horizon ? rejected([tooOld], item) : item));
}

function report(outcomes: readonly IngestOutcome[]): IngestReport {
  const count = { stored: 0, duplicate: 0, conflict: 0, rejected: 0, withheld: 0 };
  for (const { status } of outcomes) count[status]++;
  return {
    received: outcomes.length,
    stored: count.stored,
    duplicates: count.duplicate,
    conflicts: count.conflict,
    rejected: count.rejected + count.withheld,
    outcomes,
  };
}
