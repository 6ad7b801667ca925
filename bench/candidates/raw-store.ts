import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import type { EngineStore } from '#application/ports/engine-store';
import { DAY } from '#domain/time/time';
import type { StoreConfig } from '#infrastructure/config';
import { openStore } from '#infrastructure/open-store';
import { inProcessLanes } from '../load/in-process-lanes.ts';
import { onExit } from '../support/cleanup.ts';
import { directoryBytes } from '../support/disk.ts';
import { databaseBytes, findReplicaSet, startReplicaSet } from '../support/mongod.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate, Running } from './candidate.ts';

const DATABASE = 'raw';

/**
 * The SQLite adapter called in this process: the rate without the cost of HTTP, JSON and validation. Single readings go
 * through the engine's group commit.
 */
export const rawSqlite: Candidate = {
  name: 'raw-sqlite',
  label: 'SQLite store without HTTP',
  durability: 'as the engine on SQLite',
  capabilities: ['single', 'batch'],
  find: async () => ({ version: `SQLite ${process.versions.sqlite ?? ''}` }),

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const store = await open({ kind: 'sqlite', directory: dir.path });
    return {
      ...store,
      diskBytes: () => directoryBytes(dir.path),
      async stop() {
        await store.stop();
        await dir.release();
      },
    };
  },
};

/** The MongoDB adapter called in this process. */
export const rawMongoDb: Candidate = {
  name: 'raw-mongodb',
  label: 'MongoDB store without HTTP',
  durability: 'as the engine on MongoDB',
  capabilities: ['single', 'batch'],
  find: findReplicaSet,

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const mongod = await startReplicaSet(dir.path);
    const store = await open({ kind: 'mongodb', uri: mongod.uri, database: DATABASE });
    return {
      ...store,
      diskBytes: () => databaseBytes(mongod.uri, DATABASE),
      async stop() {
        await store.stop();
        await mongod.stop();
        await dir.release();
      },
    };
  },
};

async function open(config: StoreConfig): Promise<Running> {
  const store = await openStore(config, { logger: createWinstonLogger('warn') });
  const grouped = new GroupCommitWriter(store.writer);
  return {
    async lanes(plan, { count }) {
      const writer = plan.size === 1 ? grouped : store.writer;
      return inProcessLanes(plan, count, (readings) => writer.commit(readings));
    },
    countReadings: () => countReadings(store),
    stop: onExit(() => store.close()),
  };
}

/** The number of readings in the last 60 days, which include every load. */
async function countReadings({ cold }: EngineStore): Promise<number> {
  const day = Math.floor(Date.now() / DAY) * DAY;
  const totals = await cold.fleetTotals({ from: day - 60 * DAY, to: day + 2 * DAY });
  return Object.values(totals).reduce((sum, { readings }) => sum + readings, 0);
}
