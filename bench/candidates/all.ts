import type { Candidate } from './candidate.ts';
import { baselineEngines, engineOnMongoDb, engineOnSqlite, engineWithKeys } from './engine.ts';
import { honoAlone } from './hono-alone.ts';
import { influxDb } from './influxdb.ts';
import { mongoDbDriver } from './mongodb-driver.ts';
import { naive } from './naive.ts';
import { questDb } from './questdb.ts';
import { rawMongoDb, rawSqlite } from './raw-store.ts';
import { victoriaMetrics } from './victoria-metrics.ts';

/**
 * All candidates in the order of the tables. Those compared with each other are adjacent: machines change within
 * minutes. `baseline` is another checkout of the engine to measure beside this one.
 */
export function allCandidates(baseline?: string): readonly Candidate[] {
  const [baselineOnSqlite, baselineOnMongoDb] = baseline === undefined ? [] : baselineEngines(baseline);
  return [
    rawSqlite,
    honoAlone,
    engineOnSqlite,
    engineWithKeys,
    baselineOnSqlite,
    influxDb,
    victoriaMetrics,
    questDb,
    naive,
    engineOnMongoDb,
    baselineOnMongoDb,
    mongoDbDriver,
    rawMongoDb,
  ].filter((candidate) => candidate !== undefined);
}
