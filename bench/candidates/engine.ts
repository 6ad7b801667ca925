import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import type { EngineStore } from '#application/ports/engine-store';
import { SECOND } from '#domain/time/time';
import type { StoreConfig } from '#infrastructure/config';
import { createKey } from '#infrastructure/keys/create-key';
import { addKey } from '#infrastructure/keys/key-file';
import { openStore } from '#infrastructure/open-store';
import { json, jsonWithExtraMember } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { directoryBytes } from '../support/disk.ts';
import { databaseBytes, findReplicaSet, startReplicaSet } from '../support/mongod.ts';
import { type WorkDir, workDir } from '../support/work-dir.ts';
import type { Candidate, Running } from './candidate.ts';
import { fleetReadings } from './fleet-readings.ts';
import { ROOT, startNode, startScript } from './node-service.ts';

const DATABASE = 'energy';

/** Settings of every engine under test: the readings of a load may be of any day. */
const SETTINGS = { LOG_LEVEL: 'warn', EIE_MAX_AGE: 'off' };

export const engineOnSqlite = onSqlite('engine-sqlite', 'engine on SQLite', ROOT);
/** The same with a key in every request, and a scrape of the metrics every second. */
export const engineWithKeys: Candidate = {
  ...engine('engine-keys', 'engine on SQLite, with keys and scrapes', ROOT),
  async start(parentDir) {
    const dir = await workDir(parentDir);
    const file = join(dir.path, 'keys.json');
    const { key, text } = createKey({ name: 'bench', scopes: ['ingest', 'read'] }, Date.now());
    addKey(file, key);
    const running = await serveFrom(dir, ROOT, { EIE_API_KEYS_FILE: file }, text);
    const stopScraping = scrapeEverySecond(running.port, text);
    return { ...running, stop: () => stopScraping().then(() => running.stop()) };
  },
};
export const engineOnMongoDb = onMongoDb('engine-mongodb', 'engine on MongoDB', ROOT);

/** The engine of another checkout, its dependencies installed there: what changed since is measured in one run. */
export function baselineEngines(root: string): readonly Candidate[] {
  return [
    onSqlite('baseline-sqlite', 'baseline on SQLite', root),
    onMongoDb('baseline-mongodb', 'baseline on MongoDB', root),
  ];
}

/** What the engines on both stores have in common. */
function engine(name: string, label: string, root: string) {
  return {
    name,
    label,
    durability: 'synced transaction; duplicates found, live state and totals current',
    capabilities: ['single', 'batch', 'extra-member'],
    async find() {
      const isThere = existsSync(join(root, 'src/main.ts'));
      return isThere ? { version: `Node.js ${process.version}` } : { missing: `there is no engine in ${root}` };
    },
  } as const satisfies Partial<Candidate>;
}

/** The engine as a user starts it, on SQLite. */
function onSqlite(name: string, label: string, root: string): Candidate {
  return { ...engine(name, label, root), start: async (parentDir) => serveFrom(await workDir(parentDir), root) };
}

/** Starts the engine on the data in the directory, if any. */
async function serveFrom(
  dir: WorkDir,
  root: string,
  more: Readonly<Record<string, string>> = {},
  key?: string,
): Promise<Running & { readonly port: number }> {
  const data = join(dir.path, 'data');
  const settings = { ...SETTINGS, EIE_STORE: 'sqlite', EIE_DATA_DIR: data, ...more };
  const service = await startNode(await startScript(root), dir.path, settings);
  return {
    ...posting(service.port, key),
    pid: service.pid,
    diskBytes: () => directoryBytes(data),
    openStore: () => openBeside({ kind: 'sqlite', directory: data }),
    async restart() {
      await service.stop();
      return serveFrom(dir, root, more, key);
    },
    async stop() {
      await service.stop();
      await dir.release();
    },
  };
}

/** The engine as a user starts it, on a replica set of one member. */
function onMongoDb(name: string, label: string, root: string): Candidate {
  const common = engine(name, label, root);
  return {
    ...common,
    async find() {
      const found = await common.find();
      return 'missing' in found ? found : findReplicaSet();
    },

    async start(parentDir) {
      const dir = await workDir(parentDir);
      const mongod = await startReplicaSet(dir.path);
      const store = { EIE_STORE: 'mongodb', MONGODB_URI: mongod.uri, MONGODB_DB: DATABASE };
      const service = await startNode(await startScript(root), dir.path, { ...SETTINGS, ...store });
      return {
        ...posting(service.port),
        pid: service.pid,
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
}

/** How readings are posted to an engine, and how it counts them. */
function posting(port: number, key?: string) {
  const headers = key === undefined ? '' : `Authorization: Bearer ${key}\r\n`;
  return {
    port,
    lanes: async (plan, options) =>
      httpLanes(port, plan, { ...(options.extraMember ? jsonWithExtraMember : json), headers }, options),
    countReadings: () => fleetReadings(port, key),
  } satisfies Partial<Running>;
}

/** Scrapes as Prometheus does, but more often. Returns how to end it, which rejects if a scrape has failed. */
function scrapeEverySecond(port: number, key: string): () => Promise<void> {
  const stop = new AbortController();
  const scraping = (async () => {
    while (!stop.signal.aborted) {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${key}` } });
      if (!response.ok) throw new Error(`the scrape was answered ${response.status}`);
      await response.text();
      await sleep(SECOND, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  scraping.catch(() => {}); // reported at the end
  return () => {
    stop.abort();
    return scraping;
  };
}

function openBeside(config: StoreConfig): Promise<EngineStore> {
  return openStore(config, { logger: createWinstonLogger('warn'), readOnly: true });
}
