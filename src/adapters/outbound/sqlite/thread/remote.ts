import type { Caller } from './thread-protocol.ts';

/** A port as a thread implements it: SQLite's calls block, so methods return what the port's promises resolve with. */
export type Sync<Port> = {
  readonly [K in keyof Port]: Port[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
};

/** An object of a thread as the main thread sees it: the same methods, each returning a promise. */
export type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;
};

/**
 * The object that the thread serves under this name. Its methods need no `this`; they reject as `call` of the thread
 * does. It is not thenable, so that it can be awaited and returned from async functions.
 */
export function remote<S, N extends keyof S & string>(thread: Caller<S>, name: N): Remote<S[N]> {
  return new Proxy({} as Remote<S[N]>, {
    get: (_, method) => {
      if (typeof method === 'symbol' || method === 'then') return undefined;
      // The type of the proxy has checked the arguments.
      return (...args: unknown[]) => thread.call(name, method as keyof S[N] & string, args as never);
    },
  });
}
