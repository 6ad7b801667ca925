import { json } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { databaseBytes, findReplicaSet, startReplicaSet } from '../support/mongod.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate } from './candidate.ts';
import { ownProgram, startNode } from './node-service.ts';

/** The naive design, `bench/naive`. */
export const naive: Candidate = {
  name: 'naive',
  label: 'naive on MongoDB',
  durability: 'journaled, majority; history and live state can differ after a crash; no totals',
  capabilities: ['single'],
  find: findReplicaSet,

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const mongod = await startReplicaSet(dir.path);
    const service = await startNode(ownProgram('bench/naive/main.ts'), dir.path, { MONGODB_URI: mongod.uri });
    return {
      port: service.port,
      pid: service.pid,
      lanes: async (plan, options) => httpLanes(service.port, plan, json, options),
      diskBytes: () => databaseBytes(mongod.uri, 'naive'),
      async stop() {
        await service.stop();
        await mongod.stop();
        await dir.release();
      },
    };
  },
};
