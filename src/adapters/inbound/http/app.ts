import { type Context, Hono } from 'hono';
import type { Logger } from '#application/ports/logger';
import { type AnalyticsRouteDependencies, analyticsRoutes } from './analytics/analytics-routes.ts';
import { type LossRouteDependencies, lossRoutes } from './analytics/loss-routes.ts';
import { type WarningRouteDependencies, warningRoutes } from './analytics/warning-routes.ts';
import { type HealthRouteDependencies, healthRoutes } from './health-routes.ts';
import { type HistoryRouteDependencies, historyRoutes } from './history/history-routes.ts';
import { type IngestRouteDependencies, ingestRoutes } from './ingest/ingest-routes.ts';
import { type LinkRouteDependencies, linkRoutes } from './links/link-routes.ts';
import { type LiveRouteDependencies, liveRoutes } from './live/live-routes.ts';
import { allowedMethods } from './wire/allowed-methods.ts';
import { alternatives, problem, refusalOf } from './wire/problem.ts';
import { requestId } from './wire/request-id.ts';

/** Everything that the HTTP interface needs; each file of routes documents its own part. */
export interface AppDependencies
  extends IngestRouteDependencies,
    LiveRouteDependencies,
    AnalyticsRouteDependencies,
    HistoryRouteDependencies,
    LossRouteDependencies,
    WarningRouteDependencies,
    LinkRouteDependencies,
    HealthRouteDependencies {}

/** The whole HTTP interface. Every error is answered with a problem (RFC 9457). */
export function createApp(dependencies: AppDependencies): Hono {
  const app = new Hono();
  ingestRoutes(app, dependencies);
  liveRoutes(app, dependencies);
  analyticsRoutes(app, dependencies);
  historyRoutes(app, dependencies);
  lossRoutes(app, dependencies);
  warningRoutes(app, dependencies);
  linkRoutes(app, dependencies);
  healthRoutes(app, dependencies);
  app.notFound((c) => routeNotFound(app, c));
  app.onError((error, c) => failed(error, c, dependencies.logger));
  return app;
}

function routeNotFound(app: Hono, c: Context): Response {
  const { method, path } = c.req;
  const methods = allowedMethods(app, path);
  if (methods.length === 0) return problem(c, 'not-found', `There is no resource at ${path}.`);
  return problem(c, 'method-not-allowed', `Method ${method} is not allowed; use ${alternatives.format(methods)}.`, {
    headers: { Allow: methods.join(', ') },
  });
}

function failed(error: Error, c: Context, logger: Logger): Response {
  const { kind, message, options } = refusalOf(error);
  if (kind === 'internal-error' || kind === 'store-unavailable') {
    const { method, path } = c.req;
    logger.error(kind === 'internal-error' ? 'request failed' : 'the store did not answer', {
      requestId: requestId(c),
      method,
      path,
      error,
    });
  }
  return problem(c, kind, message, options);
}
