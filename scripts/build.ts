import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Builds `src` into `dist`, or into the directory named on the command line: JavaScript, declarations and source maps.
 *
 * The sources name each other as `#domain/x`, which the project's package.json maps to `./src/domain/x.ts`. Node reads
 * the nearest package.json, so the built files get one of their own with the same names for `./domain/x.js`.
 */
const root = dirname(import.meta.dirname);
const out = resolve(process.argv[2] ?? join(root, 'dist'));
const tsc = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript/package.json')));

rmSync(out, { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json'), '--outDir', out], {
    stdio: ['ignore', 2, 2], // what it has to say is about faults
  });
} catch {
  process.exit(1); // tsc has said why
}

const { type, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  type: string;
  imports: Record<string, string>;
};
const builtImports = Object.entries(imports).flatMap(([name, source]) => {
  const file = /^\.\/src\/(.+)\.ts$/.exec(source)?.[1];
  return file === undefined ? [] : [[name, `./${file}.js`]];
});
const manifest = { type, imports: Object.fromEntries(builtImports) };
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
