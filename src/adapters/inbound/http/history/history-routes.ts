import type { Context, Hono } from 'hono';
import { accepts } from 'hono/accepts';
import type { FindGaps } from '#application/history/find-gaps';
import type { ReadHistory } from '#application/history/read-history';
import type { StreamHistory } from '#application/history/stream-history';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import type { Gap } from '#domain/coverage/gap';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import { MINUTE, SECOND } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { nextCursor } from '../wire/cursor.ts';
import { deviceIdOf, unknownDevice } from '../wire/device.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { given, QueryParameters } from '../wire/query-parameters.ts';
import { REQUEST_ID, requestId } from '../wire/request-id.ts';
import { requestLog } from '../wire/request-log.ts';
import { presentHorizon, presentWindow } from '../wire/window-presenter.ts';
import { windowQuery } from '../wire/window-query.ts';
import { type HistoryFormat, historyFormats, presentHistoryReading } from './history-format.ts';
import { historyBody } from './history-stream.ts';

export interface HistoryRouteDependencies {
  readonly readHistory: ReadHistory;
  readonly streamHistory: StreamHistory;
  readonly findGaps: FindGaps;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `GET /v1/<stream>/:deviceId/history` and `/gaps`, for every stream. */
export function historyRoutes(app: Hono, dependencies: HistoryRouteDependencies): void {
  const log = requestLog(dependencies.logger);
  for (const kind of kinds) {
    const device = `/v1/${streams[kind].plural}/:deviceId`;
    app.get(`${device}/history`, log, (c) => history(c, kind, dependencies));
    app.get(`${device}/gaps`, log, (c) => gaps(c, kind, dependencies));
  }
}

/** The format depends on the `Accept` header, so caches must take it into account. */
const VARY = { Vary: 'Accept' };

async function history(c: Context, kind: Kind, dependencies: HistoryRouteDependencies): Promise<Response> {
  const query = new QueryParameters(c);
  const window = windowQuery(query, dependencies.clock.now());
  const json = 'application/json';
  const mediaType = accepts(c, { header: 'Accept', supports: [json, ...historyFormats.keys()], default: json });
  const format = historyFormats.get(mediaType);
  if (format !== undefined) {
    query.check();
    return streamed(c, kind, window, format, dependencies);
  }
  const page = { limit: query.limit(), ...given({ after: timeCursor(query) }) };
  query.check();
  const found = await dependencies.readHistory.read(kind, deviceIdOf(c, kind), window, page);
  if (found === undefined) throw unknownDevice(kind);
  const data = found.readings.map(presentHistoryReading);
  const body = { data, nextCursor: nextCursor(found.next), ...presentHorizon(found) };
  return jsonResponse(c, 200, body, { headers: VARY });
}

async function streamed(
  c: Context,
  kind: Kind,
  window: TimeWindow,
  format: HistoryFormat,
  { streamHistory, logger }: HistoryRouteDependencies,
): Promise<Response> {
  const deviceId = deviceIdOf(c, kind);
  const found = await streamHistory.stream(kind, deviceId, window);
  if (found === undefined) throw unknownDevice(kind);
  const body = await historyBody(kind, found.pages, format, (error) => {
    logger.warn('history stream interrupted', { requestId: requestId(c), kind, deviceId, error });
  });
  const { horizon } = presentHorizon(found);
  return new Response(body, {
    headers: {
      'Content-Type': format.contentType,
      [REQUEST_ID]: requestId(c),
      ...VARY,
      ...(horizon !== undefined && { Horizon: horizon }),
    },
  });
}

async function gaps(c: Context, kind: Kind, { findGaps, clock }: HistoryRouteDependencies): Promise<Response> {
  const query = new QueryParameters(c);
  const window = windowQuery(query, clock.now());
  const page = { limit: query.limit(), ...given({ after: timeCursor(query) }) };
  query.check();
  const found = await findGaps.find(kind, deviceIdOf(c, kind), window, page);
  if (found === undefined) throw unknownDevice(kind);
  return jsonResponse(c, 200, {
    window: presentWindow(found.window),
    intervalSeconds: MINUTE / SECOND,
    data: found.gaps.map(presentGap),
    nextCursor: nextCursor(found.next),
    ...presentHorizon(found),
  });
}

function presentGap(gap: Gap): Record<string, unknown> {
  return { ...presentWindow(gap), missing: gap.missing };
}

/** The time that the cursor encodes, or `undefined` on the first page. */
function timeCursor(query: QueryParameters): number | undefined {
  return query.position((text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined));
}
