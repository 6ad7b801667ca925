import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { v8Flags } from '#infrastructure/launch';

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
