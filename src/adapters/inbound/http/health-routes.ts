import type { Hono } from 'hono';
import { StoreUnavailableError } from '#application/errors';
import type { StoreHealth } from '#application/ports/telemetry-store';
import { SECOND } from '#domain/time/time';
import { jsonResponse } from './wire/json-response.ts';
import { type ProblemError, problem } from './wire/problem.ts';

/** A store that takes longer to answer its check is as good as down. */
const CHECK_DEADLINE = 2 * SECOND;

export interface HealthRouteDependencies {
  readonly health: StoreHealth;
  /** Whether the service has begun to shut down and should get no new work. */
  readonly isStopping: () => boolean;
}

/** `GET /health/live`: the process answers. `GET /health/ready`: it can do its work, or why not. */
export function healthRoutes(app: Hono, { health, isStopping }: HealthRouteDependencies): void {
  app.get('/health/live', (c) => jsonResponse(c, 200, { status: 'ok' }));

  app.get('/health/ready', async (c) => {
    const errors: ProblemError[] = [];
    if (isStopping()) errors.push({ pointer: '', code: 'stopping', detail: 'the service is shutting down' });
    const reason = await reasonOf(health);
    if (reason !== undefined) errors.push({ pointer: '', code: 'store-unavailable', detail: reason });
    if (errors.length === 0) return jsonResponse(c, 200, { status: 'ready' });
    const reasons = errors.map(({ detail }) => detail);
    return problem(c, 'not-ready', reasons.join('; '), { errors, members: { reasons } });
  });
}

async function reasonOf(health: StoreHealth): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new StoreUnavailableError(`the store did not answer within ${CHECK_DEADLINE / 1000} s`));
    timer = setTimeout(late, CHECK_DEADLINE);
  });
  try {
    await Promise.race([health.check(), deadline]);
    return undefined;
  } catch (error) {
    return error instanceof StoreUnavailableError ? error.message : 'the check of the store failed';
  } finally {
    clearTimeout(timer);
  }
}
