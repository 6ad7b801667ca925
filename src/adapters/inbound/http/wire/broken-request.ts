import { STATUS_CODES } from 'node:http';
import { RequestError } from '@hono/node-server';
import { PROBLEM_TYPE, problemDocument, Refusal, refusalOf } from './problem.ts';
import { newRequestId, REQUEST_ID } from './request-id.ts';

/** What Node says of a request that it cannot read. */
export interface ParserError extends Error {
  readonly code?: string;
  /** What is wrong, in the parser's words. */
  readonly reason?: string;
}

/**
 * The answer to a request that Node cannot read, byte for byte: there is no response to write it with. The connection is
 * to be closed after it, since nobody knows where another request would begin.
 */
export function brokenRequestAnswer(error: ParserError): string {
  const { status, headers, body } = answerTo(brokenRequest(error));
  const head = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`;
}

/** The response to a request that was read and cannot be passed on to a route: it has no host, or no path. */
export function unroutableResponse(error: unknown): Response {
  const isBroken = error instanceof RequestError;
  const { body, ...init } = answerTo(
    isBroken ? new Refusal('malformed-request', `${error.message}.`) : refusalOf(error),
  );
  return new Response(body, init);
}

function brokenRequest({ code, reason = 'the parser gave up' }: ParserError): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('headers-too-large', 'The request line and the headers are too large together.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('request-timeout', 'The request did not arrive whole in time.');
    default:
      return new Refusal('malformed-request', `This is not a request of HTTP/1.1: ${reason}.`);
  }
}

function answerTo({ kind, message }: Refusal) {
  const instance = newRequestId();
  const document = problemDocument(kind, message, instance);
  const headers = { 'Content-Type': PROBLEM_TYPE, [REQUEST_ID]: instance, Connection: 'close' };
  return { status: document.status, headers, body: JSON.stringify(document) };
}
