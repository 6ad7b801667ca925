import type { Context } from 'hono';
import {
  ClockBehindError,
  OverloadedError,
  RateLimitedError,
  StoreDamagedError,
  StoreUnavailableError,
} from '#application/errors';
import type { Bindings } from './client/caller.ts';
import { jsonResponse } from './json-response.ts';
import { REQUEST_ID, requestId } from './request-id.ts';

/** One error: `pointer` is a JSON pointer, `/name` for a query parameter, or empty for the request as a whole. */
export interface ProblemError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** Every way in which a whole request can fail, with its status and title. The names are part of the interface. */
const PROBLEMS = {
  'malformed-request': [400, 'Malformed request'],
  'malformed-json': [400, 'Malformed JSON'],
  'malformed-csv': [400, 'Malformed CSV'],
  'malformed-gzip': [400, 'Malformed gzip'],
  'invalid-query': [400, 'Invalid query'],
  unauthorized: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  'request-timeout': [408, 'Request timeout'],
  conflict: [409, 'Conflicting reading'],
  'link-overlap': [409, 'Overlapping link'],
  'body-too-large': [413, 'Body too large'],
  'batch-too-large': [413, 'Batch too large'],
  'unsupported-media-type': [415, 'Unsupported media type'],
  'unsupported-encoding': [415, 'Unsupported encoding'],
  'expectation-failed': [417, 'Expectation failed'],
  'invalid-reading': [422, 'Invalid reading'],
  'invalid-link': [422, 'Invalid link'],
  'empty-batch': [422, 'Empty batch'],
  'rate-limited': [429, 'Rate limited'],
  'headers-too-large': [431, 'Headers too large'],
  'internal-error': [500, 'Internal error'],
  'store-damaged': [500, 'Stored data damaged'],
  overloaded: [503, 'Overloaded'],
  'store-unavailable': [503, 'Store unavailable'],
  'clock-behind': [503, 'Clock behind'],
  'not-ready': [503, 'Not ready'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof PROBLEMS;
export const problemKinds = Object.keys(PROBLEMS) as readonly ProblemKind[];

export interface ProblemOptions {
  /** The individual errors. By default the problem itself is the only one. */
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly members?: Readonly<Record<string, unknown>>;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** A problem response (RFC 9457). */
export function problem(c: Context, kind: ProblemKind, detail: string, options: ProblemOptions = {}): Response {
  if (c.env) (c.env as Bindings).problem = kind;
  const document = problemDocument(kind, detail, requestId(c), options);
  return jsonResponse(c, document.status, document, {
    contentType: PROBLEM_TYPE,
    ...(options.headers && { headers: options.headers }),
  });
}

/** The response to a request that does not get to the routes. */
export function refusalResponse({ kind, message, options }: Refusal, requestId: string): Response {
  const document = problemDocument(kind, message, requestId, options);
  const headers = { 'Content-Type': PROBLEM_TYPE, [REQUEST_ID]: requestId, ...options.headers };
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

/** The problem document alone, for requests without a context. `instance` is the id of the request. */
export function problemDocument(
  kind: ProblemKind,
  detail: string,
  instance: string,
  { errors, members }: Pick<ProblemOptions, 'errors' | 'members'> = {},
) {
  const [status, title] = PROBLEMS[kind];
  return {
    type: `urn:energy-ingestion-engine:problem:${kind}`,
    title,
    status,
    detail,
    instance,
    errors: errors ?? [{ pointer: '', code: kind, detail }],
    ...members,
  };
}

/** Writes the words that a problem offers as alternatives: `GET or HEAD`, `a, b, or c`. */
export const alternatives = new Intl.ListFormat('en', { type: 'disjunction' });

/** Thrown at any depth to refuse a request; becomes the problem response of its kind. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: ProblemKind;
  readonly options: ProblemOptions;

  constructor(kind: ProblemKind, detail: string, options: ProblemOptions & ErrorOptions = {}) {
    super(detail, options);
    this.kind = kind;
    this.options = options;
  }
}

const OVERLOADED = 'The server is overloaded; nothing was stored. Retry later.';
/** A full queue drains within a second. */
const OVERLOADED_RETRY_SECONDS = 1;

/** The response when the queue is full. Made without throwing, because it is needed most when time is short. */
export function overloaded(c: Context): Response {
  return problem(c, 'overloaded', OVERLOADED, retryAfter(OVERLOADED_RETRY_SECONDS));
}

/** The same response, thrown while the body arrives. The connection is closed: the rest of the body may never come. */
export function crowdedOut(): Refusal {
  const { headers } = retryAfter(OVERLOADED_RETRY_SECONDS);
  return new Refusal('overloaded', OVERLOADED, { headers: { ...headers, Connection: 'close' } });
}

/** The refusal when a key has used up a limit. */
function rateLimited(reason: string, retryAfterSeconds: number): Refusal {
  const detail = `The key has reached its limit: ${reason}. Nothing was stored; send it again later.`;
  return new Refusal('rate-limited', detail, retryAfter(retryAfterSeconds));
}

/** The header of an answer to a request that may succeed later. */
export function retryAfter(seconds: number): ProblemOptions {
  return { headers: { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) } };
}

/** How long a client should wait before it retries after the store did not answer. */
const STORE_RETRY_SECONDS = 5;

/** A clock is corrected by its time server within minutes, or by a person. */
const CLOCK_RETRY_SECONDS = 30;

/** What a thrown error means to the client. An unexpected one is an internal error, and its message stays hidden. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof OverloadedError)
    return new Refusal('overloaded', OVERLOADED, retryAfter(error.retryAfterSeconds));
  if (error instanceof RateLimitedError) return rateLimited(error.message, error.retryAfterSeconds);
  if (error instanceof StoreUnavailableError) {
    const detail = 'The store did not answer. It is safe to send the same request again.';
    return new Refusal('store-unavailable', detail, retryAfter(STORE_RETRY_SECONDS));
  }
  if (error instanceof StoreDamagedError) return new Refusal('store-damaged', error.message, { cause: error });
  if (error instanceof ClockBehindError) {
    const detail = `The server's clock is in doubt, so nothing was stored; send it again later: ${error.message}.`;
    return new Refusal('clock-behind', detail, retryAfter(CLOCK_RETRY_SECONDS));
  }
  return new Refusal('internal-error', 'Internal server error.', { cause: error });
}
