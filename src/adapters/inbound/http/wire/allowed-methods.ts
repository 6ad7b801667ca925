import type { Hono } from 'hono';

/** The methods that have a route at this path, as the router itself finds them; middleware does not count. */
export function allowedMethods(app: Hono, path: string): string[] {
  const methods = new Set(app.routes.map(({ method }) => method));
  const allowed = [...methods].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method && method !== 'ALL'),
  );
  return allowed.includes('GET') ? ['HEAD', ...allowed].sort() : allowed.sort();
}
