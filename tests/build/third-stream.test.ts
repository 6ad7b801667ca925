import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = dirname(dirname(import.meta.dirname));
/** What a copy of the project does not need: it is large, or not of the sources. */
const LEFT_OUT = ['node_modules', 'dist', 'data', '.git'];

const TURBINES = `import type { StreamDefinition } from './stream.ts';

/** Steam turbines: energy produced. */
export const turbineStream = {
  kind: 'turbine',
  plural: 'turbines',
  idField: 'turbineId',
  energyField: 'kwhFromSteam',
  current: 'neither',
  measured: { voltage: { unit: 'V', min: 0, max: 1500 } },
} as const satisfies StreamDefinition;
`;

/** A fleet whose only energy besides 1 kWh AC and 0.9 kWh DC comes from a turbine. */
const FLEET = `import { startService } from '#infrastructure/service';
import { readEnvironment } from '#infrastructure/environment';

const logger = { error() {}, warn() {}, info() {}, debug() {} };
const { url, fetch, close } = await startService(readEnvironment({ EIE_STORE: 'memory' }), { logger, listen: false });
const timestamp = Date.now();
const body = JSON.stringify([
  { meterId: 'M-7', kwhConsumedAc: 1, voltage: 230, timestamp },
  { vehicleId: 'EV-7', kwhDeliveredDc: 0.9, soc: 50, batteryTemp: 25, timestamp },
  { turbineId: 'T-7', kwhFromSteam: 80, voltage: 400, timestamp },
]);
const headers = { 'content-type': 'application/json' };
await fetch(new Request(url + '/v1/ingest', { method: 'POST', headers, body }));
const get = async (path: string) => (await fetch(new Request(url + path))).json();
console.log(JSON.stringify([await get('/v1/analytics/fleet?window=1h'), await get('/v1/turbines/T-7/live')]));
await close();
`;

/** The unit tests take half a minute on an idle machine. */
const TIMEOUT = 300_000;

/** In a copy of the project: what the README says about adding a stream, and nothing else. */
describe('a third stream, one new file and one line', () => {
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'eie-third-stream-'));
    for (const name of (await readdir(root)).filter((one) => !LEFT_OUT.includes(one))) {
      await cp(join(root, name), join(copy, name), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const streams = join(copy, 'src/domain/streams');
    await writeFile(join(streams, 'turbine-stream.ts'), TURBINES);
    const definitions = await readFile(join(streams, 'definitions.ts'), 'utf8');
    const line = "export { turbineStream as turbine } from './turbine-stream.ts';\n";
    await writeFile(join(streams, 'definitions.ts'), definitions + line);
    await writeFile(join(copy, 'scripts/fleet.ts'), FLEET);
  });

  afterAll(() => rm(copy, { recursive: true, force: true }));

  it('type-checks everywhere: engine, tests, benchmark, examples', async () => {
    const check = await run('npm', ['run', '--silent', 'check:types'], { cwd: copy }).catch((error) => error);
    expect(check.stdout).toBe('');
  });

  it('is served, and its energy is in no efficiency', async () => {
    const [fleet, live] = JSON.parse((await run(process.execPath, ['scripts/fleet.ts'], { cwd: copy })).stdout);
    expect(live).toMatchObject({ turbineId: 'T-7', kwhFromSteam: 80, voltage: 400, stale: false });
    expect(fleet).toMatchObject({
      acConsumedKwh: 1,
      dcDeliveredKwh: 0.9,
      efficiency: 0.9,
      readings: { meter: 1, vehicle: 1, turbine: 1 },
      otherKwh: { turbine: 80 },
    });
  });

  it(
    'leaves every unit test green',
    async () => {
      const { failed, passed } = await vitest('--project', 'unit');
      expect(failed).toEqual([]);
      expect(passed).toBeGreaterThan(1_000);
    },
    TIMEOUT,
  );

  it(
    'is stored on SQLite as every other stream, by the contract',
    async () => {
      const { failed, passed } = await vitest('--project', 'stores', 'tests/contracts/sqlite-store.test.ts');
      expect(failed).toEqual([]);
      expect(passed).toBeGreaterThan(75);
    },
    TIMEOUT,
  );

  /** Runs tests of the copy. */
  async function vitest(...args: string[]): Promise<{ failed: string[]; passed: number }> {
    const report = join(copy, 'report.json');
    const options = { cwd: copy, env: { ...process.env, VITEST: undefined }, maxBuffer: 2 ** 26 };
    const command = [join(copy, 'node_modules/vitest/vitest.mjs'), 'run', ...args];
    await run(process.execPath, [...command, '--reporter=json', `--outputFile=${report}`], options).catch(() => {});
    const { testResults, numPassedTests } = JSON.parse(await readFile(report, 'utf8')) as Report;
    const failed = testResults.flatMap(({ status, message, assertionResults }) => [
      ...(status === 'failed' && message !== '' ? [message] : []),
      ...assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName),
    ]);
    return { failed, passed: numPassedTests };
  }
});

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}
