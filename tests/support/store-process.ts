/** Opens a store and calls its methods by name for the process that started this one; see `changed-engine.ts`. */
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { EngineStore } from '#application/ports/engine-store';

/** What a persistent store is opened with. */
export type StoreLocation =
  | { readonly directory: string; readonly readOnly?: boolean }
  | { readonly uri: string; readonly database: string };

function openAt(location: StoreLocation): Promise<EngineStore> {
  return 'uri' in location ? openMongoDbStore(location) : openSqliteStore(location);
}

export interface StoreCall {
  readonly id: number;
  /** Such as `['hot', 'newest']`; `[]` opens the store. */
  readonly path: readonly string[];
  readonly args: readonly unknown[];
}

export interface StoreAnswer {
  readonly id: number;
  readonly result?: unknown;
  /** The message of what the call rejected with. */
  readonly error?: string;
}

let store: unknown;

async function answer({ path, args }: StoreCall): Promise<unknown> {
  if (path.length === 0) {
    store = await openAt(...(args as [StoreLocation]));
    return undefined;
  }
  const names = [...path];
  const method = names.pop() as string;
  const owner = names.reduce((object, name) => (object as Record<string, unknown>)[name], store);
  return (owner as Record<string, (...given: readonly unknown[]) => unknown>)[method]?.(...args);
}

process.on('message', (call: StoreCall) => {
  void answer(call)
    .then((result): StoreAnswer => ({ id: call.id, result }))
    .catch((error): StoreAnswer => ({ id: call.id, error: error instanceof Error ? error.message : String(error) }))
    .then((reply) => process.send?.(reply));
});
