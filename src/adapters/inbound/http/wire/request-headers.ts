import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** Node's request; `undefined` for a request without a socket, such as one made by hono's `app.request`. */
export function incomingOf(c: Context): IncomingMessage | undefined {
  return ((c.env ?? {}) as Partial<HttpBindings>).incoming;
}

/**
 * The headers of a request by lower-case name. Those from a socket are returned as Node parsed them, for the sake of the
 * hot routes: `Headers` would validate name and value again on every access.
 */
export function requestHeaders(c: Context): IncomingHttpHeaders {
  return incomingOf(c)?.headers ?? c.req.header();
}
