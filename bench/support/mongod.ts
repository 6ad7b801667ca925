import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '#tests/support/mongod-finder';
import { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { versionOf } from './program.ts';

const CACHE_GB = '2';

export interface ReplicaSet {
  readonly uri: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The version of the installed or downloaded mongod, or why there is none. */
export async function findReplicaSet(): Promise<{ version: string } | { missing: string }> {
  try {
    return { version: `MongoDB ${await versionOf(await program(), ['--version'])}` };
  } catch {
    return { missing: 'mongod is not installed and could not be downloaded (MongoDB 6.0 or newer)' };
  }
}

let found: Promise<string> | undefined;

/** Resolved once, because it may have to be downloaded. */
function program(): Promise<string> {
  found ??= findMongod();
  return found;
}

/** An empty replica set of one member with a cache of 2 GB, with its data below `parentDir`. */
export async function startReplicaSet(parentDir: string): Promise<ReplicaSet> {
  const dir = join(parentDir, 'mongod');
  await mkdir(dir);
  const port = await freePort();
  const child = await Child.start({
    file: await program(),
    args: [
      ...['--dbpath', dir, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'bench'],
      ...['--wiredTigerCacheSizeGB', CACHE_GB, '--quiet'],
    ],
    dir: parentDir,
  });
  await child.ready(() => listens(port));
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  try {
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
    await client.db('admin').command({ replSetInitiate: { _id: 'bench', members } });
    await child.ready(async () => {
      const { isWritablePrimary } = await client.db('admin').command({ hello: 1 });
      if (isWritablePrimary !== true) throw new Error('no primary yet');
    });
  } finally {
    await client.close();
  }
  return { uri: `mongodb://127.0.0.1:${port}/?replicaSet=bench`, pid: child.pid, stop: child.stop };
}

async function listens(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect').finally(() => socket.destroy());
}

/** The bytes of all collections and indexes of a database after a checkpoint, without journal and oplog. */
export async function databaseBytes(uri: string, database: string): Promise<number> {
  const client = await MongoClient.connect(uri);
  try {
    await client.db('admin').command({ fsync: 1 });
    const { storageSize, indexSize } = await client.db(database).stats();
    return storageSize + indexSize;
  } finally {
    await client.close();
  }
}
