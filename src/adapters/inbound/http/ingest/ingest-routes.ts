import type { Context, Hono } from 'hono';
import type { IngestForKey } from '#application/access/ingest-for-key';
import type { KeyBudget } from '#application/access/key-budgets';
import type { IngestReport } from '#application/ingest-readings';
import type { Clock } from '#application/ports/clock';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import type { Received } from '#application/received';
import type { AcceptedTime } from '#domain/reading/accepted-time';
import { readingParser } from '#domain/reading/reading-parser';
import { type EpochMillis, SECOND } from '#domain/time/time';
import type { Body } from '../wire/admission/body.ts';
import { type BatchOptions, batchResponse, rejectedProblem } from '../wire/batch-presenter.ts';
import { type Items, jsonItems } from '../wire/batch-text.ts';
import { bodyFormat, type JsonFormat } from '../wire/body-format.ts';
import { type Bindings, callerOf } from '../wire/client/caller.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { overloaded, type ProblemKind, problem, refusalOf, retryAfter } from '../wire/problem.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import { presentTime } from '../wire/reading-presenter.ts';
import type { RequestBodies } from '../wire/request-bodies.ts';
import { requestHeaders } from '../wire/request-headers.ts';
import { requestId } from '../wire/request-id.ts';
import { quickItems } from './fast-path/quick-items.ts';
import type { IngestLog } from './ingest-log.ts';
import { presentConflict, presentOutcome } from './ingest-presenter.ts';

export interface IngestRouteDependencies {
  readonly ingestForKey: IngestForKey;
  /** As of the last look at `clock`: its limits are wider while the clock is in doubt. */
  readonly acceptedTime: AcceptedTime;
  readonly bodies: RequestBodies;
  readonly clock: Clock;
  readonly ingestLog: IngestLog;
  /**
   * The queue in front of the store. Without room for its readings a request is refused before its body is read, or
   * before it is parsed if the queue filled up in the meantime.
   */
  readonly ingestCapacity: IngestCapacity;
}

/** `POST /v1/ingest`. One handler without middleware: this route is called thousands of times a second. */
export function ingestRoutes(app: Hono, dependencies: IngestRouteDependencies): void {
  const { ingestForKey, acceptedTime, bodies, clock, ingestLog, ingestCapacity } = dependencies;
  const quick = quickItems(acceptedTime);
  const parse = readingParser(acceptedTime);

  const slowItems = (body: Body, format: JsonFormat, now: EpochMillis): Promise<Items<Received>> =>
    jsonItems(body.bytes(), format, 'readings', (value) => parse(value, now));

  const answer = async (c: Context, body: Body, format: JsonFormat, options: BatchOptions): Promise<Response> => {
    const now = clock.now();
    const items = body.withBytes((bytes) => quick(bytes, format, now)) ?? (await slowItems(body, format, now));
    const isSingle = 'single' in items;
    const caller = callerOf(c);
    const report = await (isSingle
      ? ingestForKey.ingest(caller.key, [items.single])
      : ingestForKey.ingest(caller.key, items.batch, { atomic: options.atomic }));
    ingestLog.judged(report, caller, () => requestId(c));
    const budget = ingestForKey.budgetOf(caller.key);
    if (budget !== undefined) showAllowance(c, budget);
    return isSingle
      ? singleResponse(c, items.single, report, budget)
      : batchResponse(c, report, options, presentOutcome);
  };

  const refused = (kind: ProblemKind, c: Context) => ingestLog.refused(kind, callerOf(c), () => requestId(c));

  app.post('/v1/ingest', async (c) => {
    const budget = ingestForKey.budgetOf(callerOf(c).key);
    try {
      budget?.checkReadings();
      const options = batchOptions(c);
      const format = bodyFormat(requestHeaders(c), ['json', 'ndjson']);
      const response = await bodies.read(c, { queue: ingestCapacity }, (body) => answer(c, body, format, options));
      if (response !== undefined) return response;
    } catch (error) {
      refused(refusalOf(error).kind, c);
      if (budget !== undefined) showAllowance(c, budget);
      throw error;
    }
    refused('overloaded', c);
    return overloaded(c);
  });
}

/** The headers of draft-ietf-httpapi-ratelimit-headers-10: what the key may still send, in readings. */
function showAllowance(c: Context, budget: KeyBudget): void {
  const allowance = budget.readings();
  if (allowance === undefined) return;
  const { limit, period, remaining, refillsIn } = allowance;
  (c.env as Bindings).extraHeaders = {
    'RateLimit-Policy': `"readings";q=${limit};w=${period / SECOND}`,
    RateLimit: `"readings";r=${remaining};t=${Math.ceil(refillsIn / SECOND)}`,
  };
}

const DEFAULTS: BatchOptions = { atomic: false, listAll: false };

function batchOptions(c: Context): BatchOptions {
  if (!c.req.url.includes('?')) return DEFAULTS;
  const query = new QueryParameters(c);
  const options = { atomic: query.flag('atomic'), listAll: query.word('results', 'all') };
  query.check();
  return options;
}

function singleResponse(c: Context, received: Received, report: IngestReport, budget: KeyBudget | undefined): Response {
  const outcome = report.outcomes[0];
  if (outcome?.status === 'conflict') {
    const { detail, ...members } = presentConflict(outcome);
    return problem(c, 'conflict', detail, { members });
  }
  if (outcome?.status === 'rejected') {
    const [fault] = outcome.faults;
    // The reading is good; what is stored is not.
    if (fault?.code === 'store-damaged') return problem(c, 'store-damaged', fault.detail);
    if (fault?.code === 'forbidden') return problem(c, 'forbidden', `The reading ${fault.detail}.`);
    if (fault?.code === 'rate-limited') {
      const wait = (budget?.newDeviceIn() ?? 0) / SECOND;
      return problem(c, 'rate-limited', `The reading ${fault.detail}.`, retryAfter(wait));
    }
    return rejectedProblem(c, 'reading', outcome);
  }
  if (outcome === undefined || 'status' in received) throw new Error('the reading has no outcome');
  const { kind, deviceId, timestamp } = received;
  const { status } = outcome;
  return jsonResponse(c, status === 'stored' ? 201 : 200, {
    status,
    kind,
    id: deviceId,
    timestamp: presentTime(timestamp),
  });
}
