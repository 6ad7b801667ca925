import { STATUS_CODES } from 'node:http';
import { RequestError } from '@hono/node-server';
import { PROBLEM_TYPE, problemDocument, Refusal, refusalOf } from './problem.ts';
import { newRequestId, REQUEST_ID } from './request-id.ts';

/** Node's error for a request that it cannot parse. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

/**
 * The complete HTTP response to a request that Node cannot parse, for which there is no response object. The caller must
 * close the connection after it: where the next request would begin is unknown.
 */
export function brokenRequestAnswer(error: ParserError): string {
  const { status, headers, body } = responseTo(refusalOfParser(error));
  const head = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`;
}

/** The response to a request that was parsed but cannot be routed, because it has no valid host or path. */
export function unroutableResponse(error: unknown): Response {
  const isBroken = error instanceof RequestError;
  const { body, ...init } = responseTo(
    isBroken ? new Refusal('malformed-request', `${error.message}.`) : refusalOf(error),
  );
  return new Response(body, init);
}

function refusalOfParser({ code, reason = 'the parser gave no reason' }: ParserError): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('headers-too-large', 'The request line and headers are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('request-timeout', 'The request was not received completely in time.');
    default:
      return new Refusal('malformed-request', `The request is not valid HTTP/1.1: ${reason}.`);
  }
}

function responseTo({ kind, message }: Refusal) {
  const instance = newRequestId();
  const document = problemDocument(kind, message, instance);
  const headers = { 'Content-Type': PROBLEM_TYPE, [REQUEST_ID]: instance, Connection: 'close' };
  return { status: document.status, headers, body: JSON.stringify(document) };
}
