import type { Context, Hono } from 'hono';
import type { LinkReport, ManageLinks, ReceivedLink } from '#application/manage-links';
import type { Logger } from '#application/ports/logger';
import type { MeterLink } from '#domain/meter-link';
import { batchResponse, rejectedProblem } from '../wire/batch-presenter.ts';
import { type Items, jsonItem, jsonItems } from '../wire/batch-text.ts';
import { type BodyFormat, bodyFormat } from '../wire/body-format.ts';
import { nextCursor } from '../wire/cursor.ts';
import { jsonResponse, noContent } from '../wire/json-response.ts';
import { overloaded, problem, Refusal } from '../wire/problem.ts';
import { given, QueryParameters, refuseQuery } from '../wire/query-parameters.ts';
import type { RequestBodies } from '../wire/request-bodies.ts';
import { requestHeaders } from '../wire/request-headers.ts';
import { requestLog } from '../wire/request-log.ts';
import { linksFromCsv } from './link-csv.ts';
import { presentLink, presentLinkOutcome, presentOverlap } from './link-presenter.ts';
import { parseLink, parseLinkChange } from './link-schema.ts';

export interface LinkRouteDependencies {
  readonly manageLinks: ManageLinks;
  readonly bodies: RequestBodies;
  readonly logger: Logger;
}

/** 5,000 links with ids of the maximum length, as JSON. */
const MAX_LINKS_BYTES = 2 * 1024 * 1024;
/** A change names a time. */
const MAX_CHANGE_BYTES = 16 * 1024;

/** `/v1/links`: which meter feeds which vehicle, and when. */
export function linkRoutes(app: Hono, { manageLinks, bodies, logger }: LinkRouteDependencies): void {
  const log = requestLog(logger);

  app.post('/v1/links', log, async (c) => {
    const query = new QueryParameters(c);
    const options = { atomic: false, listAll: query.word('results', 'all') };
    query.check();
    const format = bodyFormat(requestHeaders(c), ['json', 'ndjson', 'csv']);
    const response = await bodies.read(c, { limit: MAX_LINKS_BYTES }, async (body) => {
      const items = await linkItems(body.bytes(), format);
      if ('single' in items) return singleResponse(c, items.single, await manageLinks.add([items.single]));
      return batchResponse(c, await manageLinks.add(items.batch), options, presentLinkOutcome);
    });
    return response ?? overloaded(c);
  });

  app.get('/v1/links', log, async (c) => {
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
    return jsonResponse(c, 200, { data: links.map(presentLink), nextCursor: nextCursor(next) });
  });

  app.get('/v1/links/:id', log, async (c) => {
    refuseQuery(c);
    const link = await manageLinks.find(c.req.param('id'));
    if (link === undefined) throw unknownLink();
    return jsonResponse(c, 200, presentLink(link));
  });

  app.patch('/v1/links/:id', log, async (c) => {
    refuseQuery(c);
    bodyFormat(requestHeaders(c), ['json']);
    const response = await bodies.read(c, { limit: MAX_CHANGE_BYTES }, async (body) => {
      const change = jsonItem(body.bytes(), parseLinkChange);
      if ('faults' in change) return rejectedProblem(c, 'link', change);
      const outcome = await manageLinks.end(c.req.param('id'), change.to);
      if (outcome === undefined) throw unknownLink();
      if (outcome.status === 'rejected') return rejectedProblem(c, 'link', outcome);
      if (outcome.status === 'overlap') return overlapProblem(c, outcome.with);
      return jsonResponse(c, 200, presentLink(outcome.link));
    });
    return response ?? overloaded(c);
  });

  app.delete('/v1/links/:id', log, async (c) => {
    refuseQuery(c);
    if (!(await manageLinks.remove(c.req.param('id')))) throw unknownLink();
    return noContent(c);
  });
}

async function linkItems(body: Uint8Array, format: BodyFormat): Promise<Items<ReceivedLink>> {
  return format === 'csv' ? { batch: await linksFromCsv(body) } : jsonItems(body, format, 'links', parseLink);
}

/** A single link that is already stored is an overlap with itself. */
function singleResponse(c: Context, received: ReceivedLink, { outcomes: [outcome] }: LinkReport): Response {
  if ('faults' in received) return rejectedProblem(c, 'link', received);
  if (outcome?.status === 'overlap') return overlapProblem(c, outcome.with);
  if (outcome?.status === 'duplicate') return overlapProblem(c, received);
  return jsonResponse(c, 201, presentLink(received), {
    headers: { Location: `/v1/links/${encodeURIComponent(received.id)}` },
  });
}

function overlapProblem(c: Context, existing: MeterLink): Response {
  const { detail, link } = presentOverlap(existing);
  return problem(c, 'link-overlap', detail, { members: { link } });
}

function unknownLink(): Refusal {
  return new Refusal('not-found', 'There is no such link.');
}
