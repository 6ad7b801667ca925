import { basename } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, it } from 'vitest';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import {
  recordModelContract,
  recordStoreContract,
  telemetryCrashContract,
  telemetryModelContract,
  telemetryStoreContract,
} from '#testing/index';
import { replicaSetUri } from '#tests/support/replica-set';

process.env.MONGODB_URI = replicaSetUri; // for open-mongodb-process.ts

const mongodb = {
  name: 'MongoDB',
  capabilities: { durable: true, multiWriter: true, rollups: true, retention: true, time: true },
  open: (place: string) => openMongoDbStore({ uri: replicaSetUri, database: basename(place) }),
  discard: async (place: string) => {
    const client = new MongoClient(replicaSetUri);
    await client.db(basename(place)).dropDatabase();
    await client.close();
  },
};

telemetryStoreContract({ describe, it }, mongodb);
telemetryModelContract({ describe, it }, mongodb, { runs: 10 });
telemetryCrashContract({ describe, it }, mongodb, { module: new URL('./open-mongodb-process.ts', import.meta.url) });
recordStoreContract({ describe, it }, mongodb);
recordModelContract({ describe, it }, mongodb, { runs: 10 });
