import { json } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate } from './candidate.ts';
import { ownProgram, startNode } from './node-service.ts';

/** The engine's HTTP side with a writer that discards everything: `bench/hono-alone`. */
export const honoAlone: Candidate = {
  name: 'hono-alone',
  label: 'HTTP side without a store',
  durability: 'none: it keeps nothing',
  capabilities: ['single', 'batch'],
  find: async () => ({ version: `Node.js ${process.version}` }),

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const service = await startNode(ownProgram('bench/hono-alone/main.ts'), dir.path, {});
    return {
      port: service.port,
      pid: service.pid,
      lanes: async (plan, options) => httpLanes(service.port, plan, json, options),
      async stop() {
        await service.stop();
        await dir.release();
      },
    };
  },
};
