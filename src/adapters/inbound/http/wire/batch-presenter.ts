import type { Context } from 'hono';
import type { IngestReport } from '#application/ingest-readings';
import type { Fault } from '#domain/reading/fault';
import type { Rejected } from '#domain/reading/ingest-outcome';
import { type ProblemError, problem } from './problem.ts';

/** Results listed unless the client asks for all. */
const MAX_LISTED_RESULTS = 100;

export interface BatchOptions {
  readonly atomic: boolean;
  readonly listAll: boolean;
}

/** The outcomes of a batch, one per item in its order, and their counts. */
export interface BatchReport<Outcome> extends Omit<IngestReport, 'outcomes'> {
  readonly outcomes: readonly Outcome[];
}

/** 200 when every item is stored or a duplicate, 422 when none is or an atomic batch failed, 207 otherwise. */
export function batchStatus({ received, stored, duplicates }: BatchReport<unknown>, { atomic }: BatchOptions): number {
  const kept = stored + duplicates;
  if (kept === received) return 200;
  return kept === 0 || atomic ? 422 : 207;
}

/** Withheld readings are valid: they are listed only when all results are. */
const UNLISTED: ReadonlySet<string> = new Set(['stored', 'duplicate', 'withheld']);

/** Counts, and the results that the sender has to read: conflicts and rejected items, unless all are asked for. */
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
      if (!listAll && UNLISTED.has(outcome.status)) continue;
      truncated = !listAll && results.length === MAX_LISTED_RESULTS;
      if (truncated) break;
      results.push(present(outcome, index));
    }
  }
  return { received, stored, duplicates, conflicts, rejected, results, ...(truncated && { truncated }) };
}

/** The result of a rejected item of a batch: its first fault, and all of them if there are more. */
export function presentRejected({ faults }: Rejected<string>, index: number): Record<string, unknown> {
  const errors = presentFaults(faults, `/${index}`);
  return { index, status: 'rejected', ...errors[0], ...(errors.length > 1 && { errors }) };
}

/** The answer to a request whose single item is rejected. */
export function rejectedProblem(c: Context, item: 'reading' | 'link', { faults }: Rejected<string>): Response {
  const { field = `The ${item}`, detail } = faults[0] as Fault<string>;
  const more = faults.length === 1 ? '' : `; ${faults.length - 1} more in errors`;
  return problem(c, `invalid-${item}`, `${field} ${detail}${more}.`, { errors: presentFaults(faults) });
}

/** `base` is the JSON pointer to the item itself. */
function presentFaults(faults: readonly Fault<string>[], base = ''): ProblemError[] {
  return faults.map(({ code, field, detail }) => ({
    pointer: field === undefined ? base : `${base}/${field}`,
    code,
    detail,
  }));
}
