import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ApiKey } from '#application/access/api-key';

/** Who sent a request, as far as it is known. */
export interface Caller {
  /** The client's address; behind a trusted proxy the one that the proxy names; `undefined` without a socket. */
  readonly address: string | undefined;
  /** The key that the request was accepted with; `undefined` where none is needed. */
  readonly key?: ApiKey | undefined;
}

/** What the routes find in `c.env`: Node's request and response if there is a socket, and the caller. */
export type Bindings = Partial<HttpBindings> & {
  caller?: Caller;
  /** Headers for the answer, besides its own. */
  extraHeaders?: Readonly<Record<string, string>>;
  /** The code of the answer, if it is a problem. */
  problem?: string;
};

const NOBODY: Caller = { address: undefined };

export function callerOf(c: Context): Caller {
  return ((c.env ?? {}) as Bindings).caller ?? NOBODY;
}

/** How the log names a caller. Never the secret of its key. */
export function callerForLog({ address, key }: Caller = NOBODY): {
  readonly client: string | undefined;
  readonly key?: string;
} {
  return { client: address, ...(key !== undefined && { key: key.name }) };
}
