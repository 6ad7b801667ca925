import { type Context, Hono } from 'hono';
import type { Logger } from '#application/ports/logger';
import { analyticsRoutes } from './analytics/analytics-routes.ts';
import { lossRoutes } from './analytics/loss-routes.ts';
import { warningRoutes } from './analytics/warning-routes.ts';
import { withBrowserLayers } from './browser-layers.ts';
import { type FrontDoorDependencies, frontDoor } from './front-door.ts';
import { healthRoutes } from './health-routes.ts';
import { historyRoutes } from './history/history-routes.ts';
import { indexRoutes } from './index-routes.ts';
import { ingestRoutes } from './ingest/ingest-routes.ts';
import { linkRoutes } from './links/link-routes.ts';
import { liveRoutes } from './live/live-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import type { GateLimits } from './wire/admission/gate-limits.ts';
import { allowedMethods } from './wire/allowed-methods.ts';
import { callerForLog, callerOf } from './wire/client/caller.ts';
import { alternatives, problem, refusalOf } from './wire/problem.ts';
import { RequestBodies } from './wire/request-bodies.ts';
import { requestId } from './wire/request-id.ts';

/** The routes of each resource. A new resource is its file and its line here. */
const RESOURCES = [
  ingestRoutes,
  liveRoutes,
  analyticsRoutes,
  historyRoutes,
  lossRoutes,
  warningRoutes,
  linkRoutes,
  healthRoutes,
  metricsRoutes,
  indexRoutes,
] as const;

/** What all resources together need; each file of routes documents its own part. */
export type AppDependencies = {
  readonly logger: Logger;
  /** Maximum bytes of a body, as sent and as inflated. */
  readonly bodyLimit: number;
  /** What bodies may take together, and how slow one may be, where that differs from `GATE_LIMITS`. */
  readonly gateLimits?: Partial<GateLimits>;
  /** The origins whose pages may read answers, or `*`; none by default. */
  readonly corsOrigins?: readonly string[];
} & FrontDoorDependencies &
  Omit<Needs<(typeof RESOURCES)[number]>, 'bodies' | 'keysOn'>;

/** The intersection of what these functions take: TypeScript infers it for a parameter. */
type Needs<Routes extends (app: Hono, dependencies: never) => void> = (
  Routes extends (app: Hono, dependencies: infer Own) => void
    ? (own: Own) => void
    : never
) extends (all: infer All) => void
  ? All
  : never;

/** The whole HTTP interface. Every error is answered with a problem (RFC 9457). */
export function createApp(dependencies: AppDependencies): Hono {
  const answer = frontDoor(createRoutes(dependencies), dependencies);
  return withBrowserLayers(answer, dependencies.corsOrigins ?? []);
}

/** All resources, without what stands in front of them. */
export function createRoutes(dependencies: AppDependencies): Hono {
  const { bodyLimit, gateLimits, logger } = dependencies;
  const routes = new Hono();
  const bodies = new RequestBodies(bodyLimit, gateLimits);
  const keysOn = dependencies.keys !== undefined;
  for (const define of RESOURCES) define(routes, { ...dependencies, bodies, keysOn });
  routes.notFound((c) => routeNotFound(routes, c));
  routes.onError((error, c) => failed(error, c, logger));
  return routes;
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
      ...callerForLog(callerOf(c)),
      error,
    });
  }
  return problem(c, kind, message, options);
}
