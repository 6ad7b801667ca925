import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Builds `src` into `dist`, or into the directory given on the command line: JavaScript, declarations and source maps.
 *
 * The sources import each other as `#domain/x`, which the project's package.json maps to `./src/domain/x.ts`. Node uses
 * the nearest package.json, so the output gets its own, which maps the same names to `./domain/x.js`.
 */
const root = dirname(import.meta.dirname);
const out = resolve(directoryFrom(process.argv.slice(2)) ?? join(root, 'dist'));
const tsc = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript/package.json')));

rmSync(out, { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json'), '--outDir', out], {
    stdio: ['ignore', 2, 2], // tsc writes errors to stdout
  });
} catch {
  process.exit(1); // tsc has printed the errors
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

/** Ends the program when the arguments are not understood or only ask for help. */
function directoryFrom(args: readonly string[]): string | undefined {
  const usage = 'usage: npm run build [-- DIRECTORY]\n';
  try {
    const help = { type: 'boolean', short: 'h' } as const;
    const { values, positionals } = parseArgs({ args: [...args], options: { help }, allowPositionals: true });
    if (!values.help) return positionals[0];
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
  process.stdout.write(usage);
  process.exit();
}
