import { randomBytes } from 'node:crypto';
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
  const given = requestHeaders(c)[HEADER_NAME];
  const id = typeof given === 'string' && WELL_FORMED.test(given) ? given : newRequestId();
  c.set('requestId', id);
  return id;
}

export function newRequestId(): string {
  return `${PROCESS_PREFIX}-${(++made).toString(36)}`;
}
