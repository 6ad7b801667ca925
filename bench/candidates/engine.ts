import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { StoreConfig } from '#infrastructure/config';
import { openStore } from '#infrastructure/open-store';
import { json } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { directoryBytes } from '../support/disk.ts';
import { databaseBytes, findReplicaSet, startReplicaSet } from '../support/mongod.ts';
import { type WorkDir, workDir } from '../support/work-dir.ts';
import type { Candidate, Running } from './candidate.ts';
import { fleetReadings } from './fleet-readings.ts';
import { startNode } from './node-service.ts';

const MAIN = 'src/main.ts';
const DATABASE = 'energy';
const DURABILITY = 'synced transaction; duplicates found, live state and totals current';

/** Settings of every engine under test: the readings of a load may be of any day. */
const SETTINGS = { LOG_LEVEL: 'warn', EIE_MAX_AGE: 'off' };

/** The engine as a user starts it, on SQLite. */
export const engineOnSqlite: Candidate = {
  name: 'engine-sqlite',
  label: 'engine on SQLite',
  durability: DURABILITY,
  capabilities: ['single', 'batch'],
  find: findEngine,

  start: async (parentDir) => serveFrom(await workDir(parentDir)),
};

/** Starts the engine on the data in the directory, if any. */
async function serveFrom(dir: WorkDir): Promise<Running> {
  const data = join(dir.path, 'data');
  const service = await startNode(MAIN, dir.path, { ...SETTINGS, EIE_STORE: 'sqlite', EIE_DATA_DIR: data });
  return {
    port: service.port,
    pid: service.pid,
    lanes: async (plan, options) => httpLanes(service.port, plan, json, options),
    countReadings: () => fleetReadings(service.port),
    diskBytes: () => directoryBytes(data),
    openStore: () => openBeside({ kind: 'sqlite', directory: data }),
    async restart() {
      await service.stop();
      return serveFrom(dir);
    },
    async stop() {
      await service.stop();
      await dir.release();
    },
  };
}

/** The engine as a user starts it, on a replica set of one member. */
export const engineOnMongoDb: Candidate = {
  name: 'engine-mongodb',
  label: 'engine on MongoDB',
  durability: DURABILITY,
  capabilities: ['single', 'batch'],

  async find() {
    const engine = await findEngine();
    return 'missing' in engine ? engine : findReplicaSet();
  },

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const mongod = await startReplicaSet(dir.path);
    const store = { EIE_STORE: 'mongodb', MONGODB_URI: mongod.uri, MONGODB_DB: DATABASE };
    const service = await startNode(MAIN, dir.path, { ...SETTINGS, ...store });
    return {
      port: service.port,
      pid: service.pid,
      lanes: async (plan, options) => httpLanes(service.port, plan, json, options),
      countReadings: () => fleetReadings(service.port),
      diskBytes: () => databaseBytes(mongod.uri, DATABASE),
      openStore: () => openBeside({ kind: 'mongodb', uri: mongod.uri, database: DATABASE }),
      async stop() {
        await service.stop();
        await mongod.stop();
        await dir.release();
      },
    };
  },
};

function openBeside(config: StoreConfig): Promise<TelemetryStore> {
  return openStore(config, { logger: createWinstonLogger('warn'), readOnly: true });
}

async function findEngine(): Promise<{ version: string } | { missing: string }> {
  const main = join(import.meta.dirname, '../..', MAIN);
  return existsSync(main) ? { version: `Node.js ${process.version}` } : { missing: `${MAIN} is not there yet` };
}
