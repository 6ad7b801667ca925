import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packedPackage } from '#tests/support/packed-package';
import manifest from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = dirname(dirname(import.meta.dirname));

/** What the example's files are checked with: a user's strict settings, not the project's. */
const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
};

/** An engine on the store, as a user would write it. */
const service = `
import { type Logger, readEnvironment, startService } from 'energy-ingestion-engine';
import { open } from './json-file-store.ts';

const logger: Logger = { error() {}, warn() {}, info() {}, debug() {} };
const serve = async () => startService(readEnvironment({}), { logger, store: await open('data'), listen: false });
const first = await serve();
const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ meterId: 'M-7', kwhConsumedAc: 0.125, voltage: 230, timestamp: Date.now() });
const posted = await first.fetch(new Request(first.url + '/v1/ingest', { method: 'POST', headers, body }));
await first.close();
const second = await serve();
const live = await (await second.fetch(new Request(second.url + '/v1/meters/M-7/live'))).json();
await second.close();
console.log(posted.status, (live as { kwhConsumedAc: number }).kwhConsumedAc);
`;

/** Installing and running a suite takes half a minute on an idle machine. */
const TIMEOUT = 300_000;

/** Below this many cases something was not defined at all. */
const MIN_CASES = 75;

/** What a stranger does: an empty project, the package from its tarball, a store of their own, the kit. */
describe('the conformance kit, installed from the packed package', () => {
  let scratch: string;
  let project: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'eie-kit-'));
    project = join(scratch, 'project');
    await cp(join(root, 'examples/json-file-store'), project, {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
    const tarball = await packedPackage(scratch);
    const own = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
    expect(Object.keys(own.dependencies)).toEqual(['energy-ingestion-engine']);
    const versions: Readonly<Record<string, string>> = manifest.devDependencies;
    for (const [name, version] of Object.entries(own.devDependencies)) expect(version).toBe(versions[name]);
    const compiler = ['@types/node', 'typescript'].map((name) => `${name}@${versions[name]}`);
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--save-dev'];
    await run('npm', ['install', ...options, ...compiler, tarball], { cwd: project });
    await writeFile(join(project, 'service.ts'), service);
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  }, TIMEOUT);

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('type-checks', async () => {
    const check = await run(join(project, 'node_modules/.bin/tsc'), ['-p', project]).catch((error) => error);
    expect(check.stdout).toBe('');
  });

  it('comes with an engine that runs on the store', async () => {
    expect((await run(process.execPath, ['service.ts'], { cwd: project })).stdout).toBe('201 0.125\n');
  });

  it(
    'passes under node:test, and names a reason for each case that it skips',
    async () => {
      const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'node.test.ts'], {
        cwd: project,
      });

      const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
      expect({ failed: count('fail'), cancelled: count('cancelled') }).toEqual({ failed: 0, cancelled: 0 });
      expect(count('pass')).toBeGreaterThanOrEqual(MIN_CASES);
      const skipped = stdout.split('\n').filter((line) => line.includes('# SKIP'));
      expect(skipped).toHaveLength(count('skipped'));
      for (const line of skipped) expect(line).toMatch(/\(skipped: .+\)/);
    },
    TIMEOUT,
  );

  it(
    'passes under vitest',
    async () => {
      const vitest = join(project, 'node_modules/.bin/vitest');
      const report = join(scratch, 'vitest.json');
      const args = ['run', 'vitest.test.ts', '--reporter=json', `--outputFile=${report}`, '--testTimeout=120000'];
      await run(vitest, args, { cwd: project, env: { ...process.env, VITEST: undefined } });

      const { numFailedTests, numPassedTests, success } = JSON.parse(await readFile(report, 'utf8'));
      expect({ numFailedTests, success }).toEqual({ numFailedTests: 0, success: true });
      expect(numPassedTests).toBeGreaterThanOrEqual(MIN_CASES);
    },
    TIMEOUT,
  );
});
