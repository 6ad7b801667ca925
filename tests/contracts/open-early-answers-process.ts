import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { EngineStore } from '#application/ports/engine-store';
import { STORED } from '#domain/reading/ingest-outcome';

/**
 * A SQLite store with a planted bug: it answers before it commits. Reads wait for the commits in progress, so nobody in
 * the same process can notice.
 */
export async function open(directory: string): Promise<EngineStore> {
  const store = await openSqliteStore({ directory });
  let committing: Promise<unknown> = Promise.resolve();
  const afterCommits = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => committing.then(() => method.apply(target, args));
      },
    });
  return {
    ...store,
    hot: afterCommits(store.hot),
    cold: afterCommits(store.cold),
    writer: {
      commit: async (readings, options) => {
        committing = committing.then(() => store.writer.commit(readings, options));
        return readings.map(() => STORED);
      },
    },
    close: () => committing.then(() => store.close()),
  };
}
