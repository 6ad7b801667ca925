import { basename } from 'node:path';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';

/** For the process that the crash contract kills: the place's name is the database's, the URI comes from outside. */
export const open = (place: string) =>
  openMongoDbStore({ uri: process.env.MONGODB_URI ?? '', database: basename(place) });
