import type { Context } from 'hono';
import type { IngestReport } from '#application/ingest-readings';
import type { Fault } from '#domain/reading/fault';
import type { Rejected } from '#domain/reading/ingest-outcome';
import { inSlices } from './admission/event-loop-slices.ts';
import { jsonResponse, jsonTextResponse } from './json-response.ts';
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
function batchStatus({ received, stored, duplicates }: BatchReport<unknown>, { atomic }: BatchOptions): number {
  const kept = stored + duplicates;
  if (kept === received) return 200;
  return kept === 0 || atomic ? 422 : 207;
}

/** Withheld readings are valid: they are listed only when all results are. */
const UNLISTED: ReadonlySet<string> = new Set(['stored', 'duplicate', 'withheld']);

type Present<Outcome> = (outcome: Outcome, index: number) => Record<string, unknown>;

/** The answer to a batch: counts, and the results that the sender has to read, or all of them if it asks for these. */
export async function batchResponse<Outcome extends { readonly status: string }>(
  c: Context,
  report: BatchReport<Outcome>,
  options: BatchOptions,
  present: Present<Outcome>,
): Promise<Response> {
  const { outcomes, ...counts } = report;
  const status = batchStatus(report, options);
  if (!options.listAll) return jsonResponse(c, status, { ...counts, ...listedResults(report, present) });
  const results = await allResults(outcomes, present);
  return jsonTextResponse(c, status, `${JSON.stringify(counts).slice(0, -1)},"results":[${results}]}`);
}

function listedResults<Outcome extends { readonly status: string }>(
  { received, stored, duplicates, outcomes }: BatchReport<Outcome>,
  present: Present<Outcome>,
) {
  const results: unknown[] = [];
  if (stored + duplicates === received) return { results };
  for (const [index, outcome] of outcomes.entries()) {
    if (UNLISTED.has(outcome.status)) continue;
    if (results.length === MAX_LISTED_RESULTS) return { results, truncated: true };
    results.push(present(outcome, index));
  }
  return { results };
}

/** The results as JSON, made in slices: those of a full batch may be megabytes. */
function allResults<Outcome>(outcomes: readonly Outcome[], present: Present<Outcome>): Promise<string> {
  return inSlices(
    async (slices) => {
      const results: string[] = [];
      if (outcomes.length > MAX_LISTED_RESULTS) await slices.next(); // one commit answers many requests in one turn
      for (const [index, outcome] of outcomes.entries()) {
        if (slices.isOver) await slices.next();
        results.push(JSON.stringify(present(outcome, index)));
      }
      return results.join(',');
    },
    { isLast: true },
  );
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
