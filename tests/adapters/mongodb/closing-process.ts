/** Keeps closing hours until it is killed. Takes the server from MONGODB_URI and the database as its argument. */
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';

const store = await openMongoDbStore({ uri: process.env.MONGODB_URI ?? '', database: process.argv[2] ?? '' });
process.stdout.write('ready');
for (;;) {
  for (const hour of await store.upkeep.rollups.unclosed(Infinity, 100)) await store.upkeep.rollups.close(hour);
}
