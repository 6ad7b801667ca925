import { STATUS_CODES } from 'node:http';
import { RequestError } from '@hono/node-server';
import { PROBLEM_TYPE, problemDocument, Refusal, refusalOf } from './problem.ts';
import { newRequestId, REQUEST_ID } from './request-id.ts';

/** Node's error for a request that it cannot parse. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

/** The answer to a request that does not reach the routes. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A refusal as an answer that ends the connection: where the next request would begin may be unknown. */
export function plainProblem({ kind, message, options }: Refusal, requestId: string): PlainAnswer {
  const document = problemDocument(kind, message, requestId);
  const body = JSON.stringify(document);
  const headers = {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    [REQUEST_ID]: requestId,
    Connection: 'close',
    ...options.headers,
  };
  return { status: document.status, headers, body };
}

/** A complete HTTP response, for requests for which there is no response object. */
export function answerText({ status, headers, body }: PlainAnswer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** The answer to a request that Node cannot parse. The caller must close the connection after it. */
export function brokenRequestAnswer(error: ParserError): PlainAnswer {
  return plainProblem(refusalOfParser(error), newRequestId());
}

/** The response to a request that was parsed but cannot be routed, because it has no valid path. */
export function unroutableResponse(error: unknown): Response {
  const isBroken = error instanceof RequestError;
  const refusal = isBroken ? new Refusal('malformed-request', `${error.message}.`) : refusalOf(error);
  const { body, ...init } = plainProblem(refusal, newRequestId());
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
