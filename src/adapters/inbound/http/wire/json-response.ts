import type { Context } from 'hono';
import { REQUEST_ID, requestId } from './request-id.ts';

/**
 * Every JSON answer leaves through here, so that each carries its request id. A plain headers object on a plain
 * `Response` is the path that the Node server writes without building `Headers` first.
 */
export function jsonResponse(
  c: Context,
  status: number,
  body: unknown,
  { contentType = 'application/json', headers = {} }: JsonResponseOptions = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': contentType, [REQUEST_ID]: requestId(c), ...headers },
  });
}

/** There is nothing to say but that it was done. */
export function noContent(c: Context): Response {
  return new Response(null, { status: 204, headers: { [REQUEST_ID]: requestId(c) } });
}

export interface JsonResponseOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
