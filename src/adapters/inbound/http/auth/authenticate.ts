import type { IncomingHttpHeaders } from 'node:http';
import { type ApiKey, allows, isExpired, KEY_TEXT, type Scope } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import { Refusal } from '../wire/problem.ts';
import type { KeyRing } from './key-ring.ts';

/** What is open to everybody: probes cannot send a key, and the index says how to get on. */
const OPEN: ReadonlySet<string> = new Set(['/', '/v1', '/health/live', '/health/ready']);
const INGEST = '/v1/ingest';

const BEARER = /^Bearer +(\S+) *$/i;
const CHALLENGE = 'Bearer realm="energy-ingestion-engine"';

/** A request as far as it matters for its key. */
interface Asked {
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * The key that a request shows. Throws a `Refusal` (`unauthorized`) without a valid one. Reads nothing but the request
 * line and the headers.
 */
export function identify(keys: KeyRing, asked: Asked, now: EpochMillis): ApiKey {
  const text = presentedKey(asked.headers);
  if (text === undefined) throw unauthorized(KEY_TEXT.test(asked.query) ? IN_THE_URL : MISSING, CHALLENGE);
  const key = keys.find(text);
  if (key === undefined) throw invalid('The API key is not known; it may have been revoked.');
  if (isExpired(key, now)) {
    throw invalid(`The API key "${key.name}" expired at ${new Date(key.expiresAt ?? now).toISOString()}.`);
  }
  return key;
}

/** Throws a `Refusal` (`forbidden`) if the key does not allow the request. */
export function authorize(key: ApiKey, scope: Scope): void {
  if (!allows(key, scope)) throw new Refusal('forbidden', `The API key "${key.name}" lacks the scope "${scope}".`);
}

/**
 * The scope that a request needs; `undefined` if it needs no key. Everything but the open resources needs one, those that
 * do not exist included: a new route is never open by mistake.
 */
export function scopeFor(method: string, path: string): Scope | undefined {
  if (OPEN.has(path)) return undefined;
  if (path === INGEST) return 'ingest';
  return method === 'GET' || method === 'HEAD' ? 'read' : 'admin';
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const own = headers['x-api-key'];
  return typeof own === 'string' ? own : undefined;
}

const MISSING = 'An API key is required: send it as "Authorization: Bearer <key>" or "X-API-Key: <key>".';
const IN_THE_URL =
  'An API key is not accepted in the URL, where logs and proxies would keep it. Send it in the Authorization header, and ' +
  'replace this one, which may have been seen.';

function invalid(detail: string): Refusal {
  return unauthorized(detail, `${CHALLENGE}, error="invalid_token"`);
}

function unauthorized(detail: string, challenge: string): Refusal {
  return new Refusal('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } });
}
