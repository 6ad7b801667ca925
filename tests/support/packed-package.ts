import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = dirname(dirname(import.meta.dirname));

/** Builds the package and packs it as for a release. Returns the path of the tarball, in a new folder of `scratch`. */
export async function packedPackage(scratch: string): Promise<string> {
  const packed = join(scratch, 'packed');
  await mkdir(packed);
  await run(process.execPath, [join(root, 'scripts/build.ts'), join(packed, 'dist')]);
  await cp(join(root, 'package.json'), join(packed, 'package.json'));
  await writeFile(join(packed, 'left-out.txt'), 'not part of the package');
  await run('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: packed });
  const tarball = (await readdir(packed)).find((file) => file.endsWith('.tgz')) ?? '';
  return join(packed, tarball);
}
