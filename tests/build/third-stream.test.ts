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

const INVERTERS = `import type { StreamDefinition } from './stream.ts';

/** Solar inverters: DC energy produced. */
export const inverterStream = {
  kind: 'inverter',
  plural: 'inverters',
  idField: 'inverterId',
  energyField: 'kwhProducedDc',
  current: 'neither',
  measured: { voltage: { unit: 'V', min: 0, max: 1500 } },
} as const satisfies StreamDefinition;
`;

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
    await writeFile(join(streams, 'inverter-stream.ts'), INVERTERS);
    const definitions = await readFile(join(streams, 'definitions.ts'), 'utf8');
    const line = "export { inverterStream as inverter } from './inverter-stream.ts';\n";
    await writeFile(join(streams, 'definitions.ts'), definitions + line);
  });

  afterAll(() => rm(copy, { recursive: true, force: true }));

  it('type-checks everywhere: engine, tests, benchmark, examples', async () => {
    const check = await run('npm', ['run', '--silent', 'check:types'], { cwd: copy }).catch((error) => error);
    expect(check.stdout).toBe('');
  });

  it('leaves every unit test green', async () => {
    const args = ['run', '--project', 'unit', '--reporter=json', '--outputFile=unit.json'];
    const env = { ...process.env, VITEST: undefined };
    await run(join(copy, 'node_modules/.bin/vitest'), args, { cwd: copy, env, maxBuffer: 2 ** 26 }).catch(() => {});

    const { testResults, numPassedTests } = JSON.parse(await readFile(join(copy, 'unit.json'), 'utf8')) as {
      numPassedTests: number;
      testResults: { assertionResults: { status: string; fullName: string }[] }[];
    };
    const failed = testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === 'failed');
    expect(failed.map(({ fullName }) => fullName)).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(1_000);
  });

  it('stores its readings on SQLite as every other stream, by the contract', async () => {
    const args = ['run', '--project', 'stores', 'tests/contracts/sqlite-store.test.ts', '--reporter=json'];
    const env = { ...process.env, VITEST: undefined };
    const report = join(copy, 'sqlite.json');
    await run(join(copy, 'node_modules/.bin/vitest'), [...args, `--outputFile=${report}`], { cwd: copy, env }).catch(
      () => {},
    );

    const { success, numPassedTests } = JSON.parse(await readFile(report, 'utf8'));
    expect(success).toBe(true);
    expect(numPassedTests).toBeGreaterThan(75);
  });
});
