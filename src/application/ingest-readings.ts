import type { IngestOutcome, Rejected } from '#domain/reading/ingest-outcome';
import { WITHHELD } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import type { EpochMillis } from '#domain/time/time';
import { RecentHorizon } from './horizon.ts';
import type { Clock } from './ports/clock.ts';
import type { Retention } from './ports/retention.ts';
import type { CommitOptions, TelemetryWriter } from './ports/telemetry-writer.ts';

/** What arrived at an inbound adapter: a valid reading, or what was wrong with it. */
export type Received = Reading | Rejected;

/**
 * What became of a request. Every reading received ends as exactly one of the four, so
 * `received = stored + duplicates + conflicts + rejected`.
 */
export interface IngestReport {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Invalid readings and, when an all-or-nothing batch failed, the valid ones that were withheld with them. */
  readonly rejected: number;
  /** One per reading, in the order received. */
  readonly outcomes: readonly IngestOutcome[];
}

/** Takes what devices send: keeps every valid reading exactly once and says what became of each. */
export class IngestReadings {
  readonly #writer: TelemetryWriter;
  readonly #horizon: RecentHorizon | undefined;

  /** `history` is for stores that drop old history; without it no reading is too old. */
  constructor(writer: TelemetryWriter, history?: { readonly retention: Retention; readonly clock: Clock }) {
    this.#writer = writer;
    this.#horizon = history && new RecentHorizon(history.retention, history.clock);
  }

  /**
   * Resolves when every valid reading is durable. Rejects with `OverloadedError` or `StoreUnavailableError`; then
   * sending everything again is safe. With `atomic`, one invalid or conflicting reading keeps all others out.
   */
  async ingest(items: readonly Received[], options: CommitOptions = {}): Promise<IngestReport> {
    const received = this.#horizon ? keptSince(await this.#horizon.current(), items) : items;
    const valid = received.filter(isReading);
    if (options.atomic && valid.length < received.length) {
      return report(received.map((item) => (isReading(item) ? WITHHELD : item)));
    }
    const committed = valid.length === 0 ? [] : await this.#writer.commit(valid, options);
    if (valid.length === received.length) return report(committed);
    let next = 0;
    return report(received.map((item) => (isReading(item) ? (committed[next++] as IngestOutcome) : item)));
  }
}

/** Of what lies before the horizon nobody can tell any more whether it was there: stored again, it would count twice. */
function keptSince(horizon: EpochMillis, items: readonly Received[]): readonly Received[] {
  const isGone = (item: Received) => isReading(item) && item.timestamp < horizon;
  if (!items.some(isGone)) return items;
  const detail = `is before ${new Date(horizon).toISOString()}: history before that time has been dropped`;
  const gone: Rejected = { status: 'rejected', faults: [{ code: 'timestamp-too-old', field: 'timestamp', detail }] };
  return items.map((item) => (isGone(item) ? gone : item));
}

function isReading(item: Received): item is Reading {
  return 'kind' in item;
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
