import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'hono';
import { requestHeaders } from './request-headers.ts';

export const REQUEST_ID = 'X-Request-Id';
const HEADER_NAME = REQUEST_ID.toLowerCase();

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;
/** Random once per process, then counted: random bytes for each request would cost more than its routing. */
const PROCESS_PREFIX = randomBytes(6).toString('hex');
let made = 0;

/** The id of a request: the client's if well-formed, otherwise a generated one; stable for the request. */
export function requestId(c: Context): string {
  const known: string | undefined = c.get('requestId');
  if (known !== undefined) return known;
  const id = requestIdIn(requestHeaders(c));
  c.set('requestId', id);
  return id;
}

/** The id that the headers give, or a generated one, which is another one each time. */
export function requestIdIn(headers: IncomingHttpHeaders): string {
  const given = headers[HEADER_NAME];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : newRequestId();
}

export function newRequestId(): string {
  return `${PROCESS_PREFIX}-${(++made).toString(36)}`;
}
