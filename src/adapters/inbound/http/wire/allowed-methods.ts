import type { Hono } from 'hono';

/** The methods that have a route at this path according to the router, sorted; middleware does not count. */
export function allowedMethods(app: Hono, path: string): string[] {
  const methods = new Set(app.routes.map(({ method }) => method));
  const allowed = [...methods].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method && method !== 'ALL'),
  );
  return allowed.includes('GET') ? [...allowed, 'HEAD'].sort() : allowed.sort();
}
