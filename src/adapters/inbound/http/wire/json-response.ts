import type { Context } from 'hono';
import type { Bindings } from './client/caller.ts';
import { REQUEST_ID, requestId } from './request-id.ts';

/**
 * Every JSON response is made here, so that each has its request id. The Node server writes a plain `Response` with a
 * plain headers object without building `Headers` first.
 */
export function jsonResponse(c: Context, status: number, body: unknown, options: JsonResponseOptions = {}): Response {
  return jsonTextResponse(c, status, JSON.stringify(body), options);
}

/** A response whose JSON has been written already. */
export function jsonTextResponse(
  c: Context,
  status: number,
  text: string,
  { contentType = 'application/json', headers = {} }: JsonResponseOptions = {},
): Response {
  const { extraHeaders } = (c.env ?? {}) as Bindings;
  return new Response(text, {
    status,
    headers: { 'Content-Type': contentType, [REQUEST_ID]: requestId(c), ...extraHeaders, ...headers },
  });
}

/** 204, for a request that succeeded and has nothing to return. */
export function noContent(c: Context): Response {
  return new Response(null, { status: 204, headers: { [REQUEST_ID]: requestId(c) } });
}

export interface JsonResponseOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
