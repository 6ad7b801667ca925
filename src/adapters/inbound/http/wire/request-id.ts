import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { requestHeaders } from './request-headers.ts';

export const REQUEST_ID = 'X-Request-Id';
const HEADER_NAME = REQUEST_ID.toLowerCase();

const SANE = /^[A-Za-z0-9._:-]{1,128}$/;
/** Told apart from other processes once, then counted: random bytes for each request would cost more than its routing. */
const PROCESS = randomBytes(6).toString('hex');
let made = 0;

/** The id of a request: the client's own when it is a sane one, else a new one; the same however often it is asked. */
export function requestId(c: Context): string {
  const known: string | undefined = c.get('requestId');
  if (known !== undefined) return known;
  const given = requestHeaders(c)[HEADER_NAME];
  const id = typeof given === 'string' && SANE.test(given) ? given : newRequestId();
  c.set('requestId', id);
  return id;
}

/** An id that no other request has. */
export function newRequestId(): string {
  return `${PROCESS}-${(++made).toString(36)}`;
}
