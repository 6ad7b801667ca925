import type { Context, Hono } from 'hono';
import type { IngestReadings, IngestReport, Received } from '#application/ingest-readings';
import type { Clock } from '#application/ports/clock';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import type { AcceptedTime } from '#domain/reading/accepted-time';
import { readingParser } from '#domain/reading/reading-parser';
import type { EpochMillis } from '#domain/time/time';
import type { Body } from '../wire/admission/body.ts';
import { type BatchOptions, batchResponse, rejectedProblem } from '../wire/batch-presenter.ts';
import { type Items, jsonItems } from '../wire/batch-text.ts';
import { bodyFormat, type JsonFormat } from '../wire/body-format.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { overloaded, problem, refusalOf } from '../wire/problem.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import { presentTime } from '../wire/reading-presenter.ts';
import type { RequestBodies } from '../wire/request-bodies.ts';
import { incomingOf, requestHeaders } from '../wire/request-headers.ts';
import { requestId } from '../wire/request-id.ts';
import { quickItems } from './fast-path/quick-items.ts';
import type { IngestLog, Origin } from './ingest-log.ts';
import { presentConflict, presentOutcome } from './ingest-presenter.ts';

export interface IngestRouteDependencies {
  readonly ingestReadings: IngestReadings;
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
  const { ingestReadings, acceptedTime, bodies, clock, ingestLog, ingestCapacity } = dependencies;
  const quick = quickItems(acceptedTime);
  const parse = readingParser(acceptedTime);

  const slowItems = (body: Body, format: JsonFormat, now: EpochMillis): Promise<Items<Received>> =>
    jsonItems(body.bytes(), format, 'readings', (value) => parse(value, now));

  const answer = async (c: Context, body: Body, format: JsonFormat, options: BatchOptions): Promise<Response> => {
    const now = clock.now();
    const items = body.withBytes((bytes) => quick(bytes, format, now)) ?? (await slowItems(body, format, now));
    const isSingle = 'single' in items;
    const report = await (isSingle
      ? ingestReadings.ingest([items.single])
      : ingestReadings.ingest(items.batch, { atomic: options.atomic }));
    ingestLog.judged(report, () => originOf(c));
    return isSingle ? singleResponse(c, items.single, report) : batchResponse(c, report, options, presentOutcome);
  };

  app.post('/v1/ingest', async (c) => {
    try {
      const options = batchOptions(c);
      const format = bodyFormat(requestHeaders(c), ['json', 'ndjson']);
      const response = await bodies.read(c, { queue: ingestCapacity }, (body) => answer(c, body, format, options));
      if (response !== undefined) return response;
    } catch (error) {
      ingestLog.refused(refusalOf(error).kind);
      throw error;
    }
    ingestLog.refused('overloaded');
    return overloaded(c);
  });
}

function originOf(c: Context): Origin {
  return { requestId: requestId(c), client: incomingOf(c)?.socket.remoteAddress };
}

const DEFAULTS: BatchOptions = { atomic: false, listAll: false };

function batchOptions(c: Context): BatchOptions {
  if (!c.req.url.includes('?')) return DEFAULTS;
  const query = new QueryParameters(c);
  const options = { atomic: query.flag('atomic'), listAll: query.word('results', 'all') };
  query.check();
  return options;
}

function singleResponse(c: Context, received: Received, report: IngestReport): Response {
  const outcome = report.outcomes[0];
  if (outcome?.status === 'conflict') {
    const { detail, ...members } = presentConflict(outcome);
    return problem(c, 'conflict', detail, { members });
  }
  if (outcome?.status === 'rejected') {
    const [fault] = outcome.faults;
    // The reading is good; what is stored is not.
    if (fault?.code === 'store-damaged') return problem(c, 'store-damaged', fault.detail);
    return rejectedProblem(c, 'reading', outcome);
  }
  if (outcome === undefined || !('kind' in received)) throw new Error('the reading has no outcome');
  const { kind, deviceId, timestamp } = received;
  const { status } = outcome;
  return jsonResponse(c, status === 'stored' ? 201 : 200, {
    status,
    kind,
    id: deviceId,
    timestamp: presentTime(timestamp),
  });
}
