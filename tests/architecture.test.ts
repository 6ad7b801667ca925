import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Runs the project's own dependency check on a tree; gives what it printed and whether it passed. */
function checkDependencies(tree: string): Promise<{ passed: boolean; output: string }> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(root, 'node_modules/.bin/depcruise'), 'src', '--output-type', 'err-long'],
      { cwd: tree },
      (error, stdout, stderr) => done({ passed: error === null, output: stdout + stderr }),
    );
  });
}

describe('the dependency rule', () => {
  it.each([
    'domain',
    'application',
    'application/ports',
    'adapters/inbound/http',
    'adapters/outbound',
    'infrastructure',
  ])('has something to check in src/%s', (layer) => {
    expect(globSync(join(root, 'src', layer, '**/*.ts')).length).toBeGreaterThan(0);
  });

  it('holds in this tree', async () => {
    const { passed, output } = await checkDependencies(root);
    expect(output).toContain('no dependency violations found');
    expect(passed).toBe(true);
  });

  it('leaves the sources free of decorators and parameter properties outside of the container', () => {
    const offenders = globSync(join(root, 'src/**/*.ts')).filter((file) =>
      /^\s*@(injectable|inject|singleton|autoInjectable)\b/m.test(readFileSync(file, 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});

describe('a planted violation of the dependency rule', () => {
  let tree: string;
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'planted-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
      cpSync(join(root, file), join(tree, file));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  const plant = (files: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), text);
    }
  };
  const leaf = 'export const leaf = 1;\n';

  it('is not seen where there is none', async () => {
    plant({ 'src/domain/a.ts': leaf, 'src/application/b.ts': "export { leaf } from '#domain/a';\n" });
    expect((await checkDependencies(tree)).passed).toBe(true);
  });

  it.each([
    ['domain-imports-nothing', 'src/domain/a.ts', "import '#application/leaf';", 'src/application/leaf.ts'],
    ['domain-imports-nothing', 'src/domain/a.ts', "import 'valibot';", undefined],
    ['domain-imports-nothing', 'src/domain/a.ts', "import 'node:fs';", undefined],
    [
      'domain-imports-nothing',
      'src/domain/a.ts',
      "import type { leaf } from '#application/leaf'; export type T = typeof leaf;",
      'src/application/leaf.ts',
    ],
    ['application-imports-domain-alone', 'src/application/a.ts', "import '#adapters/leaf';", 'src/adapters/leaf.ts'],
    ['application-imports-domain-alone', 'src/application/a.ts', "import 'winston';", undefined],
    [
      'adapters-do-not-know-the-wiring',
      'src/adapters/inbound/http/a.ts',
      "import '#infrastructure/leaf';",
      'src/infrastructure/leaf.ts',
    ],
    [
      'inbound-and-outbound-do-not-meet',
      'src/adapters/inbound/http/a.ts',
      "import '#adapters/outbound/memory/leaf';",
      'src/adapters/outbound/memory/leaf.ts',
    ],
    [
      'inbound-and-outbound-do-not-meet',
      'src/adapters/outbound/memory/a.ts',
      "import '#adapters/inbound/http/leaf';",
      'src/adapters/inbound/http/leaf.ts',
    ],
    [
      'outbound-adapters-stand-alone',
      'src/adapters/outbound/memory/a.ts',
      "import '#adapters/outbound/sqlite/leaf';",
      'src/adapters/outbound/sqlite/leaf.ts',
    ],
    ['only-infrastructure-knows-the-container', 'src/adapters/outbound/memory/a.ts', "import 'tsyringe';", undefined],
    ['only-infrastructure-knows-the-container', 'src/application/a.ts', "import 'reflect-metadata';", undefined],
    ['product-does-not-import-tests-or-benchmarks', 'src/main.ts', "import '../tests/leaf.ts';", 'tests/leaf.ts'],
    ['no-unresolvable-imports', 'src/main.ts', "import '#domain/nowhere';", undefined],
  ])('is caught: %s in %s (%s)', async (rule, file, text, target) => {
    plant({ [file]: `${text}\n`, ...(target ? { [target]: leaf } : {}) });

    const { passed, output } = await checkDependencies(tree);

    expect(output).toContain(rule);
    expect(passed).toBe(false);
  });

  it('is caught: two modules that import each other', async () => {
    plant({ 'src/domain/a.ts': "import './b.ts';\n", 'src/domain/b.ts': "import './a.ts';\n" });
    expect((await checkDependencies(tree)).output).toContain('no-cycles');
  });
});
