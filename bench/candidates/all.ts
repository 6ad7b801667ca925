import type { Candidate } from './candidate.ts';
import { engineOnMongoDb, engineOnSqlite } from './engine.ts';
import { honoAlone } from './hono-alone.ts';
import { influxDb } from './influxdb.ts';
import { mongoDbDriver } from './mongodb-driver.ts';
import { naive } from './naive.ts';
import { questDb } from './questdb.ts';
import { rawMongoDb, rawSqlite } from './raw-store.ts';
import { victoriaMetrics } from './victoria-metrics.ts';

/**
 * All candidates in the order of the tables. Those compared with each other are adjacent: machines change within
 * minutes.
 */
export const candidates: readonly Candidate[] = [
  rawSqlite,
  honoAlone,
  engineOnSqlite,
  influxDb,
  victoriaMetrics,
  questDb,
  naive,
  engineOnMongoDb,
  mongoDbDriver,
  rawMongoDb,
];
