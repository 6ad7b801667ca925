import type { MiddlewareHandler } from 'hono';
import type { Logger } from '#application/ports/logger';
import { callerForLog, callerOf } from './client/caller.ts';
import { requestId } from './request-id.ts';

/** Requests that take longer are logged at `info`, others at `debug`. */
const SLOW_MS = 1_000;

/** Logs each request with its duration. For routes that people use, not for those that devices post to. */
export function requestLog(logger: Logger): MiddlewareHandler {
  return async (c, next) => {
    const begin = performance.now();
    await next();
    const durationMs = Math.round(performance.now() - begin);
    const level = durationMs >= SLOW_MS ? 'info' : 'debug';
    const { method, path } = c.req;
    const caller = callerForLog(callerOf(c));
    logger[level]('request', { requestId: requestId(c), method, path, status: c.res.status, durationMs, ...caller });
  };
}
