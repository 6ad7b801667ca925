import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** What came from the socket; nothing when hono's `app.request` made the request. */
export function incomingOf(c: Context): IncomingMessage | undefined {
  return ((c.env ?? {}) as Partial<HttpBindings>).incoming;
}

/**
 * The headers of a request by their names in lower case. Those from a socket as Node has read them, for the routes that
 * are asked most: `Headers` would check name and value again at every look.
 */
export function requestHeaders(c: Context): IncomingHttpHeaders {
  return incomingOf(c)?.headers ?? c.req.header();
}
