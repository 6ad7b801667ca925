import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v8Flags } from '#infrastructure/launch';
import { packedPackage } from '#tests/support/packed-package';
import manifest from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = dirname(dirname(import.meta.dirname));
const modules = join(root, 'node_modules');

/** A program of a user who has installed the package. */
const consumer = `
import {
  GroupCommitWriter, type IngestReport, IngestReadings, type Logger, milliwattHoursFromKwh, openSqliteStore,
  type EngineStore, type Reading, readEnvironment, readingParser, startService,
} from 'energy-ingestion-engine';

const reading: Reading = {
  kind: 'meter', deviceId: 'M-7', timestamp: Date.now(), energy: milliwattHoursFromKwh(0.125), voltage: 230,
  receivedAt: Date.now(),
};
// @ts-expect-error a meter has no state of charge: users get the types of the streams
const wrong: Reading = { ...reading, soc: 50 };

const parse = readingParser({ maxFuture: 60_000, maxAge: Infinity });
const received = parse(
  { meterId: 'M-7', kwhConsumedAc: 0.125, voltage: 230, timestamp: reading.timestamp }, reading.receivedAt,
);

const store: EngineStore = await openSqliteStore({ directory: process.argv[2] ?? '' });
const report: IngestReport = await new IngestReadings(new GroupCommitWriter(store.writer)).ingest([reading, received]);

const quiet: Logger = { error() {}, warn() {}, info() {}, debug() {} };
const service = await startService(readEnvironment({ PORT: '0' }), { logger: quiet, store });
const live = await (await fetch(service.url + '/v1/meters/M-7/live')).json() as { kwhConsumedAc: number };
await service.close();

process.stdout.write([report.stored, report.duplicates, live.kwhConsumedAc].join(' '));
`;

const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024', 'dom'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  outDir: 'out',
};

describe('the built package, once installed', () => {
  let scratch: string;
  let project: string;
  let installed: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'eie-package-'));
    project = join(scratch, 'project');
    installed = join(project, 'node_modules', 'energy-ingestion-engine');
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', await packedPackage(scratch), '--strip-components=1', '-C', installed]);

    await symlink(modules, join(installed, 'node_modules'));
    await symlink(join(modules, '@types'), join(project, 'node_modules', '@types'));
    await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    await writeFile(join(project, 'consumer.ts'), consumer);
    // As npm install does: links the package's commands and makes them executable.
    await run('npm', ['rebuild', '--ignore-scripts', '--offline', '--silent'], { cwd: project });
  });

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('contains the built files, with declarations and source maps, and nothing else from the repository', async () => {
    expect((await readdir(installed)).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    const index = (await readdir(join(installed, 'dist'))).filter((file) => file.startsWith('index.'));
    expect(index.sort()).toEqual(['index.d.ts', 'index.js', 'index.js.map']);
  });

  it("type-checks under the user's own settings, and runs", async () => {
    const check = await run(join(modules, '.bin', 'tsc'), ['-p', project], { cwd: project }).catch((error) => error);
    expect(check.stdout).toBe('');

    const { stdout } = await run(process.execPath, [join(project, 'out/consumer.js'), join(scratch, 'user-data')]);
    expect(stdout).toBe('1 1 0.125');
  });

  it('can be run with npx', async () => {
    const command = (...args: string[]) =>
      run('npx', ['--offline', 'energy-ingestion-engine', ...args], { cwd: project });

    expect((await command('--version')).stdout).toBe(`${manifest.version}\n`);
    expect((await command('--help')).stdout).toContain('Usage: energy-ingestion-engine');
    expect(await command('--port', '33003').catch((error) => error)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Unknown option '--port'.+\n$/),
    });
  });

  it.each([
    ['its command', () => [join(project, 'node_modules/.bin/energy-ingestion-engine')]],
    ['node dist/main.js', () => [process.execPath, join(installed, 'dist/main.js')]],
  ])("started by %s, serves on SQLite with V8's flags and stops with code 0 on SIGTERM", async (name, command) => {
    const [file = '', ...args] = command();
    const service = spawn(file, args, {
      env: { PATH: process.env.PATH, PORT: '0', EIE_DATA_DIR: join(scratch, `data of ${name.replace('/', ' ')}`) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(service, 'exit');
    const firstLine = once(createInterface(service.stdout), 'line');
    try {
      const [line] = await Promise.race([firstLine, exited]);
      const { url, pid } = JSON.parse(line);
      expect(pid).toBe(service.pid);
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      expect(commandLine.split('\0')).toEqual(expect.arrayContaining(v8Flags()));
      const body = JSON.stringify({ meterId: 'M-7', kwhConsumedAc: 0.1, voltage: 230, timestamp: Date.now() });
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`${url}/v1/ingest`, { method: 'POST', headers, body });
      expect(answer.status).toBe(201);
    } finally {
      service.kill('SIGTERM');
    }
    expect(await exited).toEqual([0, null]);
  });

  it('refuses an older Node in one sentence, before it loads modules that would fail there', async () => {
    const older = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.20.2" })';
    const start = run(process.execPath, ['--import', older, join(installed, 'dist/main.js')]);

    expect(await start.catch((error) => error)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^energy-ingestion-engine needs Node 26 or newer; this is 20\.20\.2\. .*nodejs\.org\n$/,
      ),
    });
  });
});
