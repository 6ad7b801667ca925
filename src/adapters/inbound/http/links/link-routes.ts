import type { Context, Hono } from 'hono';
import type { LinkReport, ManageLinks, ReceivedLink } from '#application/manage-links';
import type { Logger } from '#application/ports/logger';
import type { MeterLink } from '#domain/meter-link';
import type { Rejected } from '#domain/reading/ingest-outcome';
import { batchStatus, presentBatch, presentFaults } from '../wire/batch-presenter.ts';
import { wholeJson } from '../wire/batch-text.ts';
import { encodeCursor } from '../wire/cursor.ts';
import { jsonResponse, noContent } from '../wire/json-response.ts';
import { problem, Refusal } from '../wire/problem.ts';
import { given, QueryParameters } from '../wire/query-parameters.ts';
import { bodyFormat, requestBody } from '../wire/request-body.ts';
import { requestHeaders } from '../wire/request-headers.ts';
import { requestLog } from '../wire/request-log.ts';
import { linkItems } from './link-items.ts';
import { presentLink, presentLinkOutcome, presentOverlap } from './link-presenter.ts';
import { parseLinkChange } from './link-schema.ts';

export interface LinkRouteDependencies {
  readonly manageLinks: ManageLinks;
  /** Most bytes of a body, as sent and as inflated. */
  readonly bodyLimit: number;
  readonly logger: Logger;
}

/** `/v1/links`: which meter feeds which vehicle when. */
export function linkRoutes(app: Hono, dependencies: LinkRouteDependencies): void {
  const { manageLinks, bodyLimit, logger } = dependencies;
  app.use('/v1/links', requestLog(logger));
  app.use('/v1/links/*', requestLog(logger));

  app.post('/v1/links', async (c) => {
    const query = new QueryParameters(c);
    const options = { atomic: false, listAll: query.word('results', 'all') };
    query.check();
    const format = bodyFormat(requestHeaders(c), ['json', 'ndjson', 'csv']);
    const items = linkItems((await requestBody(c, bodyLimit)).whole(), format);
    if ('single' in items) return singleAnswer(c, items.single, await manageLinks.add([items.single]));
    const report = await manageLinks.add(items.batch);
    return jsonResponse(c, batchStatus(report, options), presentBatch(report, options, presentLinkOutcome));
  });

  app.get('/v1/links', async (c) => {
    const query = new QueryParameters(c);
    const filters = given({
      meterId: query.deviceId('meterId'),
      vehicleId: query.deviceId('vehicleId'),
      at: query.time('at'),
      after: query.cursor(),
    });
    const limit = query.limit();
    query.check();
    const { links, next } = await manageLinks.list({ limit, ...filters });
    return jsonResponse(c, 200, {
      data: links.map(presentLink),
      nextCursor: next === null ? null : encodeCursor(next),
    });
  });

  app.get('/v1/links/:id', async (c) => {
    const link = await manageLinks.find(c.req.param('id'));
    if (link === undefined) throw noSuchLink();
    return jsonResponse(c, 200, presentLink(link));
  });

  app.patch('/v1/links/:id', async (c) => {
    bodyFormat(requestHeaders(c), ['json']);
    const change = parseLinkChange(wholeJson((await requestBody(c, bodyLimit)).whole()));
    if ('faults' in change) return invalid(c, change);
    const outcome = await manageLinks.end(c.req.param('id'), change.to);
    if (outcome === undefined) throw noSuchLink();
    if (outcome.status === 'rejected') return invalid(c, outcome);
    if (outcome.status === 'overlap') return overlapping(c, outcome.with);
    return jsonResponse(c, 200, presentLink(outcome.link));
  });

  app.delete('/v1/links/:id', async (c) => {
    if (!(await manageLinks.remove(c.req.param('id')))) throw noSuchLink();
    return noContent(c);
  });
}

function singleAnswer(c: Context, received: ReceivedLink, { outcomes }: LinkReport): Response {
  const [outcome] = outcomes;
  if ('faults' in received) return invalid(c, received);
  if (outcome?.status === 'overlap') return overlapping(c, outcome.with);
  if (outcome?.status === 'duplicate') return overlapping(c, received);
  return jsonResponse(c, 201, presentLink(received), {
    headers: { Location: `/v1/links/${encodeURIComponent(received.id)}` },
  });
}

function invalid(c: Context, { faults }: Rejected): Response {
  const errors = presentFaults(faults);
  const detail = `The link has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}; see errors.`;
  return problem(c, 'invalid-link', detail, { errors });
}

/** The very same link is in its own way: it is there already. */
function overlapping(c: Context, inTheWay: MeterLink): Response {
  const { detail, link } = presentOverlap(inTheWay);
  return problem(c, 'link-overlap', detail, { members: { link } });
}

function noSuchLink(): Refusal {
  return new Refusal('not-found', 'There is no such link.');
}
