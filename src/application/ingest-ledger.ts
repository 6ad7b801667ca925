import type { IngestOutcome } from '#domain/reading/ingest-outcome';
import { kinds } from '#domain/streams/streams';
import type { Received } from './received.ts';

/** Items that name no stream, such as a line that is not JSON. */
const UNKNOWN = 'unknown';

/** How many readings of one stream ended how, and why. */
export interface LedgerEntry {
  /** `unknown` when the item does not show which stream it is of. */
  readonly kind: string;
  readonly outcome: 'stored' | 'duplicate' | 'conflict' | 'rejected';
  /** Of a rejected reading, the code of its first fault, or `withheld`; otherwise empty. */
  readonly reason: string;
  readonly readings: number;
}

interface Counts {
  received: number;
  stored: number;
  duplicate: number;
  conflict: number;
  readonly rejected: Map<string, number>;
}

/**
 * Counts every reading that got an outcome, since the start of the process. Reading and outcome are counted in one step,
 * so that at any moment `received = stored + duplicate + conflict + rejected` for every kind. Requests that were answered
 * with an error as a whole are not in it: their readings have no outcome, and are sent again.
 */
export class IngestLedger {
  /** Streams are there from the start: Prometheus sees an increase only from a value that it has seen before. */
  readonly #counts = new Map<string, Counts>(kinds.map((kind) => [kind, noCounts()]));

  /** Counts the items of a request with their outcomes, one each, in the same order. */
  record(items: readonly Received[], outcomes: readonly IngestOutcome[]): void {
    let kind: string | undefined;
    let counts: Counts | undefined;
    for (let index = 0; index < items.length; index++) {
      const { kind: of = UNKNOWN } = items[index] as Received;
      if (counts === undefined || of !== kind) {
        kind = of;
        counts = this.#of(of);
      }
      counts.received++;
      const outcome = outcomes[index] as IngestOutcome;
      if (outcome.status === 'rejected') reject(counts, outcome.faults[0]?.code ?? UNKNOWN);
      else if (outcome.status === 'withheld') reject(counts, 'withheld');
      else counts[outcome.status]++;
    }
  }

  /** All entries of the streams, and of what is not of a known one once there was any. */
  entries(): LedgerEntry[] {
    return [...this.#counts].flatMap(([kind, { rejected, ...counts }]) => [
      ...(['stored', 'duplicate', 'conflict'] as const).map((outcome) => ({
        kind,
        outcome,
        reason: '',
        readings: counts[outcome],
      })),
      ...[...rejected].map(([reason, readings]) => ({ kind, outcome: 'rejected' as const, reason, readings })),
    ]);
  }

  /** How many readings of each kind were received. Counted by themselves, so that a sum that is wrong shows. */
  received(): ReadonlyMap<string, number> {
    return new Map([...this.#counts].map(([kind, { received }]) => [kind, received]));
  }

  #of(kind: string): Counts {
    let counts = this.#counts.get(kind);
    if (counts === undefined) {
      counts = noCounts();
      this.#counts.set(kind, counts);
    }
    return counts;
  }
}

function noCounts(): Counts {
  return { received: 0, stored: 0, duplicate: 0, conflict: 0, rejected: new Map() };
}

function reject({ rejected }: Counts, reason: string): void {
  rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
}
