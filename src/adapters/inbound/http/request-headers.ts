import type { IncomingHttpHeaders } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/**
 * The headers of a request by their names in lower case. Those from a socket as Node has read them, for the routes that
 * are asked most: `Headers` would check name and value again at every look.
 */
export function requestHeaders(c: Context): IncomingHttpHeaders {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming ? incoming.headers : c.req.header();
}
