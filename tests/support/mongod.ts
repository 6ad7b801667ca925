import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { findMongod } from './mongod-finder.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const CACHE_GB = '1';
const SET_NAME = 'rs0';

export interface Mongod {
  readonly uri: string;
  readonly pid: number;
  /** The mongod that was found or fetched. */
  readonly program: string;
  /** Stops it and removes its files. Safe to call twice. */
  stop(): Promise<void>;
}

export interface MongodOptions {
  /** `false` for a standalone server. */
  readonly replicaSet?: boolean;
}

/** Starts an empty one-member replica set on a free loopback port, with its files in a temporary directory. */
export async function startMongod({ replicaSet = true }: MongodOptions = {}): Promise<Mongod> {
  const program = await findMongod();
  const directory = await mkdtemp(join(tmpdir(), 'engine-mongod-'));
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...['--dbpath', directory, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet'],
      ...['--wiredTigerCacheSizeGB', CACHE_GB, '--setParameter', 'diagnosticDataCollectionEnabled=false'],
      ...(replicaSet ? ['--replSet', SET_NAME] : []),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true }, // Ctrl-C reaches only this process, which stops it in order
  );
  const output = lastOutput(child);
  await once(child, 'spawn');
  const reaper = reapWhenThisProcessEnds(child, directory);

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      await end(child);
      reaper.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    })();
    return stopped;
  };
  try {
    await makeReady(child, port, replicaSet);
  } catch (cause) {
    await stop();
    throw new Error(`mongod did not start:\n${output()}`, { cause });
  }
  const uri = `mongodb://127.0.0.1:${port}/${replicaSet ? `?replicaSet=${SET_NAME}` : '?directConnection=true'}`;
  return { uri, pid: child.pid as number, program, stop };
}

async function makeReady(child: ChildProcess, port: number, replicaSet: boolean): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: START_TIMEOUT_MS,
  });
  child.once('exit', () => client.close()); // don't wait for the timeout if mongod fails to start
  try {
    const admin = client.db('admin');
    if (!replicaSet) {
      await admin.command({ ping: 1 });
      return;
    }
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
    await admin.command({ replSetInitiate: { _id: SET_NAME, members } });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (performance.now() > deadline) throw new Error(`no primary within ${START_TIMEOUT_MS} ms`);
      await sleep(10);
    }
  } finally {
    await client.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return address.port;
}

/** Its pipe closes however this process ends, so even `kill -9` leaves neither a server nor its files behind. */
function reapWhenThisProcessEnds(child: ChildProcess, directory: string): ChildProcess {
  const script = 'read _; kill -9 "$1"; sleep 0.2; rm -rf "$2"';
  const reaper = spawn('sh', ['-c', script, 'reaper', String(child.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  return reaper;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

function lastOutput(child: ChildProcess): () => string {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4_000);
  });
  return () => output || '(no output)';
}
