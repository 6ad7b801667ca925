import type { Hono } from 'hono';
import pTimeout from 'p-timeout';
import { StoreDamagedError, StoreUnavailableError } from '#application/errors';
import type { StoreHealth } from '#application/ports/store-lifecycle';
import { SECOND } from '#domain/time/time';
import { jsonResponse } from './wire/json-response.ts';
import { type ProblemError, problem } from './wire/problem.ts';

/** A store that takes longer to answer its check counts as down. */
const CHECK_TIMEOUT = 2 * SECOND;

export interface HealthRouteDependencies {
  readonly health: StoreHealth;
  /** Whether the service is shutting down and should get no new work. */
  readonly isStopping: () => boolean;
  /** Why the clock keeps the service from its work, if it does. Absent: the clock is never in doubt. */
  readonly clockFault?: () => string | undefined;
}

/**
 * `GET /health/live`: the process responds. `GET /health/ready`: it can do its work, or why not; `warnings` lists what is
 * wrong all the same.
 */
export function healthRoutes(app: Hono, { health, isStopping, clockFault }: HealthRouteDependencies): void {
  app.get('/health/live', (c) => jsonResponse(c, 200, { status: 'ok' }));

  app.get('/health/ready', async (c) => {
    const errors: ProblemError[] = [];
    if (isStopping()) errors.push({ pointer: '', code: 'stopping', detail: 'the service is shutting down' });
    const fault = clockFault?.();
    if (fault !== undefined) errors.push({ pointer: '', code: 'clock-behind', detail: fault });
    const failure = await failureOf(health);
    if (failure !== undefined) errors.push({ pointer: '', code: 'store-unavailable', detail: failure });
    if (errors.length === 0) {
      const warnings = health.warnings?.() ?? [];
      return jsonResponse(c, 200, { status: 'ready', ...(warnings.length > 0 && { warnings }) });
    }
    const reasons = errors.map(({ detail }) => detail);
    return problem(c, 'not-ready', reasons.join('; '), { errors, members: { reasons } });
  });
}

/** Why the store is not available, or `undefined` if it is. */
async function failureOf(health: StoreHealth): Promise<string | undefined> {
  const timeout = new StoreUnavailableError(`the store did not answer within ${CHECK_TIMEOUT / SECOND} s`);
  try {
    await pTimeout(health.check(), { milliseconds: CHECK_TIMEOUT, message: timeout });
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof StoreDamagedError) return error.message;
    return 'the health check of the store failed';
  }
}
