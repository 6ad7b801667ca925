import type { IngestReport } from '#application/ingest-readings';
import type { Fault } from '#domain/reading/fault';
import type { ProblemError } from './problem.ts';

/** Results listed unless all are asked for. */
const LISTED_RESULTS = 100;

export interface BatchOptions {
  readonly atomic: boolean;
  readonly listAll: boolean;
}

/** What became of the items of a batch. */
export interface BatchReport<Outcome> extends Pick<IngestReport, Exclude<keyof IngestReport, 'outcomes'>> {
  readonly outcomes: readonly Outcome[];
}

/** 200 when every item is stored or a duplicate, 422 when none is or an atomic batch failed, 207 otherwise. */
export function batchStatus({ received, stored, duplicates }: BatchReport<unknown>, { atomic }: BatchOptions): number {
  const kept = stored + duplicates;
  if (kept === received) return 200;
  return kept === 0 || atomic ? 422 : 207;
}

/** Counts, and the results that a sender has to read: those of items that were not kept, unless all are asked for. */
export function presentBatch<Outcome extends { readonly status: string }>(
  report: BatchReport<Outcome>,
  { listAll }: BatchOptions,
  present: (outcome: Outcome, index: number) => Record<string, unknown>,
): Record<string, unknown> {
  const { received, stored, duplicates, conflicts, rejected, outcomes } = report;
  const results: unknown[] = [];
  let truncated = false;
  if (listAll || stored + duplicates < received) {
    for (const [index, outcome] of outcomes.entries()) {
      if (!listAll && QUIET.has(outcome.status)) continue;
      truncated = !listAll && results.length === LISTED_RESULTS;
      if (truncated) break;
      results.push(present(outcome, index));
    }
  }
  return { received, stored, duplicates, conflicts, rejected, results, ...(truncated && { truncated }) };
}

/** A withheld reading was good: it is listed only when every reading is. */
const QUIET: ReadonlySet<string> = new Set(['stored', 'duplicate', 'withheld']);

/** Where and what the faults of an item are; `base` is the pointer to the item itself. */
export function presentFaults(faults: readonly Fault[], base = ''): ProblemError[] {
  return faults.map(({ code, field, detail }) => ({
    pointer: field === undefined ? base : `${base}/${field}`,
    code,
    detail,
  }));
}
