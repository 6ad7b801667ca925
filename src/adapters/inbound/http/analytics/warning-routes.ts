import type { Hono } from 'hono';
import type { ListWarnings, WarningPage } from '#application/losses/list-warnings';
import type { Logger } from '#application/ports/logger';
import type { LossWarning } from '#domain/loss-warning';
import { nextCursor } from '../wire/cursor.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { given, QueryParameters } from '../wire/query-parameters.ts';
import { presentTime } from '../wire/reading-presenter.ts';
import { requestLog } from '../wire/request-log.ts';
import { presentWindow } from '../wire/window-presenter.ts';
import { presentBalance } from './performance-presenter.ts';

export interface WarningRouteDependencies {
  readonly listWarnings: ListWarnings;
  readonly logger: Logger;
}

/** `GET /v1/warnings`: loss warnings, open and past, newest first. */
export function warningRoutes(app: Hono, { listWarnings, logger }: WarningRouteDependencies): void {
  app.get('/v1/warnings', requestLog(logger), async (c) => {
    const query = new QueryParameters(c);
    const filters = { state: query.choice('state', ['open', 'cleared']), after: query.position(decodePosition) };
    const limit = query.limit();
    query.check();
    const { warnings, next } = await listWarnings.list({ limit, ...given(filters) });
    const position = next && `${next.openedAt} ${next.id}`;
    return jsonResponse(c, 200, { data: warnings.map(presentWarning), nextCursor: nextCursor(position) });
  });
}

function presentWarning(warning: LossWarning): Record<string, unknown> {
  const { id, vehicleId, state, openedAt, clearedAt, lossThreshold, window } = warning;
  return {
    id,
    vehicleId,
    state,
    openedAt: presentTime(openedAt),
    clearedAt: clearedAt === null ? null : presentTime(clearedAt),
    lossThreshold,
    ...presentBalance(warning),
    window: presentWindow(window),
  };
}

function decodePosition(text: string): NonNullable<WarningPage['next']> | undefined {
  const [, openedAt, id] = /^(-?\d{1,15}) (.+)$/.exec(text) ?? [];
  return openedAt === undefined || id === undefined ? undefined : { openedAt: Number(openedAt), id };
}
