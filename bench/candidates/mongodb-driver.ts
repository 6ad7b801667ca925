import { MongoClient } from 'mongodb';
import { inProcessLanes } from '../load/in-process-lanes.ts';
import { onExit } from '../support/cleanup.ts';
import { databaseBytes, findReplicaSet, startReplicaSet } from '../support/mongod.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate } from './candidate.ts';
import { createCollections, DATABASE, DriverLane } from './mongodb-transaction.ts';

/** The MongoDB driver running the engine's common transaction in this process: the upper bound on MongoDB. */
export const mongoDbDriver: Candidate = {
  name: 'driver-mongodb',
  label: 'MongoDB driver without HTTP',
  durability: 'as the engine on MongoDB',
  capabilities: ['batch'],
  find: findReplicaSet,

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const mongod = await startReplicaSet(dir.path);
    const client = await MongoClient.connect(mongod.uri);
    const disconnect = onExit(() => client.close());
    await createCollections(client.db(DATABASE));
    const lanes: DriverLane[] = [];
    return {
      async lanes(plan, { count }) {
        while (lanes.length < count) lanes.push(new DriverLane(client, lanes.length));
        return inProcessLanes(plan, count, (readings, lane) => (lanes[lane] as DriverLane).commit(readings));
      },
      async countReadings() {
        const db = client.db(DATABASE);
        const count = (name: string) => db.collection(name).estimatedDocumentCount();
        return (await count('meter_history')) + (await count('vehicle_history'));
      },
      diskBytes: () => databaseBytes(mongod.uri, DATABASE),
      async stop() {
        await disconnect();
        await mongod.stop();
        await dir.release();
      },
    };
  },
};
