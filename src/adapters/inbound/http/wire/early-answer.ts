import type { IncomingMessage } from 'node:http';
import { type PlainAnswer, plainProblem } from './broken-request.ts';
import type { AllowedHosts } from './client/allowed-hosts.ts';
import { Refusal } from './problem.ts';
import { REQUEST_ID, requestIdIn } from './request-id.ts';

/** The methods that some resource has, for requests about the server itself. */
const METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST';

/** `uri-host [":" port]` of RFC 3986: a name (possibly empty), an IPv4 address, or an IP literal in brackets. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+(?:%[\w.~%-]+)?\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/;

/**
 * The answer to a request that was parsed but is not for any resource: about the server itself, without the host that
 * HTTP/1.1 demands, with a malformed one or one that is not allowed, or with an expectation that no one meets.
 * `undefined` for all others.
 */
export function earlyAnswer(request: IncomingMessage, allowedHosts?: AllowedHosts): PlainAnswer | undefined {
  const refusal = refusalOf(request, allowedHosts);
  if (refusal !== undefined) return plainProblem(refusal, requestIdIn(request.headers));
  if (request.url !== '*' || request.method !== 'OPTIONS') return undefined;
  const headers = { Allow: METHODS, 'Content-Length': '0', [REQUEST_ID]: requestIdIn(request.headers) };
  return { status: 200, headers, body: '' };
}

/** The answer to `CONNECT`, for which Node makes no response object. The caller must close the connection after it. */
export function connectAnswer(request: IncomingMessage): PlainAnswer {
  const detail = 'Method CONNECT is not allowed; the engine is not a proxy.';
  const refusal = new Refusal('method-not-allowed', detail, { headers: { Allow: METHODS } });
  return plainProblem(refusal, requestIdIn(request.headers));
}

const FOREIGN_HOST =
  'The Host header names a host that this server is not known by. Add it to EIE_ALLOWED_HOSTS if it is right.';

/** Older clients and the probes of load balancers name no host: HTTP/1.0 does not ask for one, and it may be empty. */
function refusalOf(
  { headers, rawHeaders, httpVersion }: IncomingMessage,
  allowedHosts: AllowedHosts | undefined,
): Refusal | undefined {
  const { host, expect } = headers;
  const isModern = httpVersion === '1.1';
  if (host === undefined) {
    return isModern ? new Refusal('malformed-request', 'The Host header is missing.') : undefined;
  }
  if (!HOST.test(host)) return new Refusal('malformed-request', 'The Host header is malformed.');
  if (allowedHosts?.allow(host) === false) return new Refusal('forbidden', FOREIGN_HOST);
  if (isGivenTwice(rawHeaders, 'host')) return new Refusal('malformed-request', 'There is more than one Host header.');
  // An expectation in HTTP/1.0 is to be ignored, and Node itself answers 100-continue.
  const unmet = isModern && expect?.split(',').find((one) => !/^\s*(?:100-continue\s*)?$/i.test(one));
  return unmet ? new Refusal('expectation-failed', 'The only expectation that is met is 100-continue.') : undefined;
}

/** Node keeps the first of several. */
function isGivenTwice(rawHeaders: readonly string[], name: string): boolean {
  let given = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const other = rawHeaders[at] as string;
    if (other.length === name.length && other.toLowerCase() === name) given++;
  }
  return given > 1;
}
