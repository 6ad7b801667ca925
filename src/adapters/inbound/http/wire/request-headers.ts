import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { getPath } from 'hono/utils/url';
import type { Bindings } from './client/caller.ts';

/** Node's request; `undefined` for a request without a socket, such as one made by hono's `app.request`. */
export function incomingOf(c: Context): IncomingMessage | undefined {
  return ((c.env ?? {}) as Bindings).incoming;
}

/**
 * The headers of a request by lower-case name. Those from a socket are returned as Node parsed them, for the sake of the
 * hot routes: `Headers` would validate name and value again on every access.
 */
export function requestHeaders(c: Context): IncomingHttpHeaders {
  return incomingOf(c)?.headers ?? c.req.header();
}

/** The same for a request that has no context yet. */
export function headersOf(request: Request, { incoming }: Bindings): IncomingHttpHeaders {
  return incoming?.headers ?? Object.fromEntries(request.headers);
}

/** What a request is for. */
export interface Target {
  /** As the routes see it, without the query. */
  readonly path: string;
  /** With the question mark; empty if there is none. */
  readonly query: string;
}

/** For a request that has no context yet. A path as clients write it is taken as it is; others are parsed. */
export function targetOf(request: Request, { incoming }: Bindings): Target {
  const url = incoming?.url ?? '';
  if (!PLAIN_PATH.test(url)) return { path: getPath(request), query: new URL(request.url).search };
  const end = url.indexOf('?');
  return end === -1 ? { path: url, query: '' } : { path: url.slice(0, end), query: url.slice(end) };
}

/** A path in which the parser of URLs would change nothing: without dot segments, escapes or double slashes. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9_:-]+\/)*[A-Za-z0-9_:-]*(?:\?|$)/;
