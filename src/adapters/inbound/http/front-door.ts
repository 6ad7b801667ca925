import type { Hono } from 'hono';
import type { KeyBudgets } from '#application/access/key-budgets';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { SECOND } from '#domain/time/time';
import { authorize, identify, scopeFor } from './auth/authenticate.ts';
import type { KeyRing } from './auth/key-ring.ts';
import type { HttpMeasures } from './http-measures.ts';
import { routePatterns } from './wire/allowed-methods.ts';
import { type Bindings, type Caller, callerForLog } from './wire/client/caller.ts';
import type { ClientAddresses } from './wire/client/client-addresses.ts';
import { refusalOf, refusalResponse } from './wire/problem.ts';
import { discardLargeBody } from './wire/request-bodies.ts';
import { headersOf, type Target, targetOf } from './wire/request-headers.ts';
import { requestIdIn } from './wire/request-id.ts';

export interface FrontDoorDependencies {
  /** The keys that requests need; absent: they need none. */
  readonly keys?: KeyRing | undefined;
  readonly keyBudgets: KeyBudgets;
  readonly clientAddresses: ClientAddresses;
  readonly httpMeasures: HttpMeasures;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Fetch = (request: Request, env?: Bindings) => Response | Promise<Response>;

/**
 * Where every request enters: its key is checked before anything of its body is read, its caller is noted for the routes,
 * and its answer is measured. A plain function around the routes, because middleware would slow down every single post.
 */
export function frontDoor(routes: Hono, dependencies: FrontDoorDependencies): Fetch {
  const { keys, keyBudgets, clientAddresses, httpMeasures, clock, logger } = dependencies;

  const routeOf = routePatterns(routes);

  /** Throws a `Refusal` or `RateLimitedError`. Returns what has to be called once the request is answered. */
  const admit = (request: Request, env: Bindings, target: Target): (() => void) | undefined => {
    const caller: { -readonly [Name in keyof Caller]: Caller[Name] } = {
      address: env.incoming && clientAddresses.addressOf(env.incoming),
    };
    env.caller = caller;
    const scope = keys && scopeFor(request.method, target.path);
    if (keys === undefined || scope === undefined) return undefined;
    caller.key = identify(keys, { query: target.query, headers: headersOf(request, env) }, clock.now());
    authorize(caller.key, scope);
    const budget = keyBudgets.of(caller.key);
    budget?.beginRequest();
    return budget && (() => budget.endRequest());
  };

  const refused = (error: unknown, request: Request, env: Bindings, { path }: Target): Response => {
    const refusal = refusalOf(error);
    const requestId = requestIdIn(headersOf(request, env));
    const { method } = request;
    const { kind: code, message: detail } = refusal;
    env.problem = code;
    if (env.incoming !== undefined) discardLargeBody(env.incoming);
    logger.info('request refused', { requestId, code, detail, method, path, ...callerForLog(env.caller) });
    return refusalResponse(refusal, requestId);
  };

  return async (request, env = {}) => {
    const begin = performance.now();
    const target = targetOf(request, env);
    let response: Response;
    let leave: (() => void) | undefined;
    try {
      leave = admit(request, env, target);
      if (leave !== undefined) env.outgoing?.on('close', leave);
      response = await routes.fetch(request, env);
    } catch (error) {
      response = refused(error, request, env, target);
    }
    if (env.outgoing === undefined) leave?.();
    if (env.problem !== undefined) httpMeasures.refused(env.problem);
    const route = routeOf(request.method, target.path);
    httpMeasures.answered(request, route, response.status, (performance.now() - begin) / SECOND);
    return response;
  };
}
