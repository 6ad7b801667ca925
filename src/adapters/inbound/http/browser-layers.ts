import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Fetch } from './front-door.ts';
import type { Bindings } from './wire/client/caller.ts';
import { REQUEST_ID } from './wire/request-id.ts';

/** How long a browser may remember what it was allowed, in seconds. */
const PREFLIGHT_MAX_AGE = 600;

/** What pages of other origins may read of an answer, besides its body. */
const EXPOSED_HEADERS = [REQUEST_ID, 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'Horizon', 'Location'];

/**
 * Adds what protects the users of browsers: security headers on every answer, and CORS for the origins that may read
 * from a page of theirs (none by default; `*` for any). A preflight request needs no key, because browsers send none. Posts
 * from devices pass by these layers, which concern browsers alone and would cost each post a good part of its time.
 */
export function withBrowserLayers(answer: Fetch, corsOrigins: readonly string[]): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
      xFrameOptions: 'DENY',
      strictTransportSecurity: false, // decided where TLS is terminated
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  if (corsOrigins.length > 0) {
    app.use(
      cors({
        origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
        allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
        allowHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'X-API-Key', REQUEST_ID],
        exposeHeaders: EXPOSED_HEADERS,
        maxAge: PREFLIGHT_MAX_AGE,
      }),
    );
  }
  app.all('*', (c) => answer(c.req.raw, c.env as Bindings));

  const { fetch } = app;
  app.fetch = (request, env, context) => {
    const bindings = env as Bindings | undefined;
    return isFromDevice(bindings) ? answer(request, bindings) : fetch(request, env, context);
  };
  return app;
}

/** Browsers send at least one of these headers with a post; `Sec-Fetch-Site` since 2023, and pages cannot leave it out. */
function isFromDevice({ incoming }: Bindings = {}): boolean {
  if (incoming?.method !== 'POST') return false;
  const { origin, 'sec-fetch-site': site } = incoming.headers;
  return origin === undefined && site === undefined;
}
