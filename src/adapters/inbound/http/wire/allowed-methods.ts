import type { Hono } from 'hono';

/**
 * Finds the pattern of the route for a request, such as `/v1/links/:id`; `unmatched` if there is none. A path that is a
 * pattern itself, like those that devices post to, is found without the router.
 */
export function routePatterns(app: Hono): (method: string, path: string) => string {
  const plain = new Set(app.routes.map(({ path }) => path).filter((path) => !/[:*]/.test(path)));
  return (method, path) => {
    if (plain.has(path)) return path;
    const wanted = method === 'HEAD' ? 'GET' : method;
    const handlers = app.router.match(wanted, path)[0];
    const found = handlers.findLast(([[, route]]) => route.method === wanted && wanted !== 'ALL');
    return found?.[0][1].path ?? 'unmatched';
  };
}

/** The methods that have a route at this path according to the router, sorted; middleware does not count. */
export function allowedMethods(app: Hono, path: string): string[] {
  const methods = new Set(app.routes.map(({ method }) => method));
  const allowed = [...methods].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method && method !== 'ALL'),
  );
  return allowed.includes('GET') ? [...allowed, 'HEAD'].sort() : allowed.sort();
}
