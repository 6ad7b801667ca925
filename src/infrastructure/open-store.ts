import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import type { StoreConfig } from './config.ts';

export interface OpenStoreOptions {
  readonly logger: Logger;
  /** Opens beside a running engine, for audits. MongoDB allows several writers: there it only leaves live documents alone. */
  readonly readOnly?: boolean;
}

/** Opens the configured store. Loads its modules only: the other stores' drivers would slow down the start. */
export async function openStore(
  config: StoreConfig,
  { logger, readOnly = false }: OpenStoreOptions,
): Promise<EngineStore> {
  switch (config.kind) {
    case 'memory': {
      const { createMemoryStore } = await import('#adapters/outbound/memory/memory-store');
      return createMemoryStore();
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('#adapters/outbound/sqlite/sqlite-store');
      return openSqliteStore({ directory: config.directory, readOnly, logger });
    }
    case 'mongodb': {
      const { openMongoDbStore } = await import('#adapters/outbound/mongodb/mongodb-store');
      const { uri, database, liveDocuments = true } = config;
      const options = { uri, database, logger, liveDocuments: liveDocuments && !readOnly };
      return openMongoDbStore(options).catch((cause: Error) => {
        throw new Error(`MONGODB_URI: ${cause.message}`, { cause }); // the driver's "URI malformed" does not say which
      });
    }
  }
}
