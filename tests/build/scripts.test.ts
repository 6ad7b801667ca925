import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { requireSupportedNode, v8Flags } from '#infrastructure/launch';
import manifest from '../../package.json' with { type: 'json' };

const root = dirname(dirname(import.meta.dirname));

it("V8's flags are listed in one file", () => {
  const files = globSync(['package.json', 'Dockerfile', 'docker-compose.yml', '{src,bench,scripts}/**/*.ts'], {
    cwd: root,
  });
  const names = v8Flags(1).map((flag) => flag.split('=')[0] ?? '');
  const listing = files.filter((file) => names.some((name) => readFileSync(join(root, file), 'utf8').includes(name)));

  expect(listing).toEqual(['src/infrastructure/launch.ts']);
});

it("npm run bench runs with the engine's flags, since some candidates run in its own process", async () => {
  const printOptions = 'data:text/javascript,console.error(JSON.stringify(process.execArgv))';
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', printOptions, join(root, 'bench/main.ts'), '--help'],
    { env: { PATH: process.env.PATH } },
  );

  expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toEqual(expect.arrayContaining(v8Flags()));
});

/** Runs a program of the project; returns how it ended and what it printed. */
async function run(args: readonly string[]) {
  const environment = { cwd: root, env: { PATH: process.env.PATH } };
  const ended = promisify(execFile)(process.execPath, [...args], environment);
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: Number(code), stdout: String(stdout), stderr: String(stderr) }),
  );
}

describe('a Node that is too old', () => {
  const scripts = Object.entries(manifest.scripts).filter(([, command]) => command.startsWith('node '));

  it.each(scripts)('is refused before npm run %s loads TypeScript', (_, command) => {
    expect(command).toMatch(/^node --require \.\/scripts\/supported-node\.cjs /);
  });

  it('is refused with one line that says how to get another one, by scripts and by the engine alike', async () => {
    const check = `--eval=Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
      require('./scripts/supported-node.cjs'); console.log('started')`;

    const { code, stdout, stderr } = await run([check]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^energy-ingestion-engine needs Node 26 or newer; this is 20\.20\.2\. .*npm ci.*nodejs\.org\n$/,
    );
    expect(() => requireSupportedNode('20.20.2')).toThrow(stderr.trim());
  });

  it('is this one, which may start', async () => {
    expect(await run(['--require', './scripts/supported-node.cjs', '--eval=0'])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.each([
  ['src/main.ts'],
  ['scripts/audit.ts'],
  ['scripts/build.ts'],
  ['scripts/with-mongod.ts'],
  ['bench/main.ts'],
  ['examples/replay.ts'],
  ['examples/losses.ts'],
])('%s', (program) => {
  it('prints its usage on --help and does nothing else', async () => {
    const { code, stdout, stderr } = await run([program, '--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(usage: |Usage: |npm run )/);
  });

  it('refuses an option that it does not know with code 2, without a stack', async () => {
    const { code, stdout, stderr } = await run([program, '--port', '1']);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--port|^usage: /);
    expect(stderr).not.toContain('    at ');
  });
});
