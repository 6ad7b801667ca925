import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const MAX_FILES_PER_FOLDER = 20;

interface Violation {
  readonly rule: string;
  /** The file, or the folder, that breaks the rule. */
  readonly from: string;
}

/** Runs the project's own dependency check on the `src` of a tree. */
async function violationsIn(tree: string): Promise<Violation[]> {
  const program = join(ROOT, 'node_modules/.bin/depcruise');
  const output = await new Promise<string>((done) => {
    const options = { cwd: tree, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [program, 'src', '--output-type', 'json'], options, (_, stdout, stderr) =>
      done(stdout || stderr),
    );
  });
  const { summary, modules } = JSON.parse(output) as {
    summary: { violations: { rule: { name: string }; from: string }[] };
    modules: unknown[];
  };
  expect(modules.length).toBeGreaterThan(0);
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

const sources = globSync('src/**/*.ts', { cwd: ROOT });
/** Casts to `Reading` or to the type of one stream's readings, also in arrays. */
const readingCastsIn = (source: string) =>
  source.match(/(?:\bas\s+(?:readonly\s+)?|[=(:,?]\s*<)(?:Meter|Vehicle)?Reading(?:Of)?\b.*/g) ?? [];
const decoratorsIn = (source: string) => source.match(/^\s*@\w.*/gm) ?? [];

describe('the source tree', () => {
  it.each([
    'domain',
    'application',
    'application/ports',
    'adapters/inbound/http',
    'adapters/outbound',
    'infrastructure',
    'testing',
  ])('has files in src/%s', (layer) => {
    expect(globSync(join(ROOT, 'src', layer, '**/*.ts')).length).toBeGreaterThan(0);
  });

  it('keeps the dependency rule', async () => {
    expect(await violationsIn(ROOT)).toEqual([]);
  });

  it('is TypeScript that Node can run by erasing the types: the compiler rejects the rest', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
    expect(compilerOptions.erasableSyntaxOnly).toBe(true);
  });

  it('has no decorators, which the compiler would accept', () => {
    expect(decoratorsIn('/** @see x */\nexport class A {\n  @inject() b;\n}')).toEqual(['  @inject() b;']);
    expect(sources.filter((file) => decoratorsIn(readFileSync(join(ROOT, file), 'utf8')).length > 0)).toEqual([]);
  });

  it('casts to a reading in one place: everywhere else a reading has been made by the domain', () => {
    const planted = [
      'const a = row as Reading;',
      'const b = { ...row } as unknown as Reading;',
      'const c = rows as readonly MeterReading[];',
      'const d = <VehicleReading>row;',
      'const e = row as ReadingOf<S>;',
    ];
    expect(planted.flatMap(readingCastsIn)).toHaveLength(planted.length);
    expect(readingCastsIn("import { type Reading as R } from 'x';\nconst a = row as ReadingRow;")).toEqual([]);
    const casting = sources.filter((file) => readingCastsIn(readFileSync(join(ROOT, file), 'utf8')).length > 0);
    expect(casting).toEqual(['src/domain/reading/reading-maker.ts']);
  });

  it(`holds at most ${MAX_FILES_PER_FOLDER} files per folder`, () => {
    const folders = Object.groupBy(globSync('src/**/*.*', { cwd: ROOT }), (file) => dirname(file));
    const crowded = Object.entries(folders).filter(([, files = []]) => files.length > MAX_FILES_PER_FOLDER);
    expect(crowded).toEqual([]);
  });
});

/** The folders of the planted tree that another file can import a `leaf` from. */
const LEAVES = [
  'src/domain',
  'src/application',
  'src/adapters',
  'src/adapters/inbound/http/links',
  'src/adapters/inbound/http/wire',
  'src/adapters/outbound/memory',
  'src/adapters/outbound/sqlite',
  'src/adapters/outbound/sqlite/writer',
  'src/infrastructure',
  'src/testing',
  'tests',
];

/** Files that break a rule, each importing `imported`, and the rules that report it. */
const PLANTED: readonly (readonly [file: string, imported: string, rules: readonly string[]])[] = [
  ['src/domain/to-application.ts', '#application/leaf', ['domain-imports-nothing']],
  ['src/domain/to-library.ts', 'valibot', ['domain-imports-nothing']],
  ['src/domain/to-node.ts', 'node:fs', ['domain-imports-nothing']],
  ['src/application/to-adapter.ts', '#adapters/leaf', ['application-imports-domain-alone']],
  ['src/application/to-library.ts', 'winston', ['application-imports-domain-alone']],
  [
    'src/application/to-container.ts',
    'reflect-metadata',
    ['application-imports-domain-alone', 'only-infrastructure-knows-the-container'],
  ],
  ['src/adapters/inbound/http/to-wiring.ts', '#infrastructure/leaf', ['adapters-do-not-know-the-wiring']],
  ['src/adapters/inbound/http/to-outbound.ts', '#adapters/outbound/memory/leaf', ['inbound-and-outbound-do-not-meet']],
  [
    'src/adapters/outbound/memory/to-inbound.ts',
    '#adapters/inbound/http/wire/leaf',
    ['inbound-and-outbound-do-not-meet'],
  ],
  ['src/adapters/outbound/sqlite/to-memory.ts', '#adapters/outbound/memory/leaf', ['outbound-adapters-stand-alone']],
  ['src/adapters/outbound/sqlite/format/to-top.ts', '../leaf.ts', ['rooms-do-not-import-upward']],
  ['src/adapters/inbound/http/live/to-links.ts', '../links/leaf.ts', ['http-rooms-share-only-the-wire']],
  ['src/adapters/inbound/http/wire/to-links.ts', '../links/leaf.ts', ['http-rooms-share-only-the-wire']],
  ['src/adapters/outbound/sqlite/reader/to-writer.ts', '../writer/leaf.ts', ['sqlite-readers-and-writer-do-not-meet']],
  ['src/adapters/outbound/memory/to-container.ts', 'tsyringe', ['only-infrastructure-knows-the-container']],
  ['src/to-tests.ts', '../tests/leaf.ts', ['product-does-not-import-tests-or-benchmarks']],
  ['src/infrastructure/to-testing.ts', '#testing/leaf', ['only-tests-use-the-testing-kit']],
  ['src/testing/to-runner.ts', 'vitest', ['the-testing-kit-knows-no-runner']],
  ['src/testing/to-sqlite.ts', '#adapters/outbound/sqlite/leaf', ['the-testing-kit-knows-no-runner']],
  ['src/to-nowhere.ts', '#domain/nowhere', ['no-unresolvable-imports']],
  ['src/domain/circle/a.ts', './b.ts', ['no-cycles']],
];

describe('the dependency check', () => {
  let tree: string;
  let violations: Violation[];
  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'planted-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
      cpSync(join(ROOT, file), join(tree, file));
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    for (const folder of LEAVES) plant(`${folder}/leaf.ts`, 'export const leaf = 1;');
    for (const [file, imported] of PLANTED) plant(file, `import '${imported}';`);
    plant('src/domain/types-only.ts', "import type { leaf } from '#application/leaf';\nexport type T = typeof leaf;");
    plant('src/domain/circle/b.ts', "import './a.ts';"); // a cycle is reported once
    for (const [room, other] of [
      ['one', 'other'],
      ['other', 'one'],
    ]) {
      plant(`src/domain/${room}/leaf.ts`, 'export const leaf = 1;');
      plant(`src/domain/${room}/to-${other}.ts`, `import '../${other}/leaf.ts';`);
    }
    plant('src/application/innocent.ts', "export { leaf } from '#domain/leaf';");
    violations = await violationsIn(tree);
  });
  afterAll(() => rmSync(tree, { recursive: true }));

  function plant(file: string, text: string): void {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `${text}\n`);
  }
  const rulesBrokenBy = (place: string) => violations.filter(({ from }) => from === place).map(({ rule }) => rule);

  it.each(PLANTED)('reports %s, which imports %s', (file, _, rules) => {
    expect(rulesBrokenBy(file).sort()).toEqual(rules);
  });

  it('reports an import of nothing but a type', () => {
    expect(rulesBrokenBy('src/domain/types-only.ts')).toEqual(['domain-imports-nothing']);
  });

  it('reports folders that import each other, even where no two files do', () => {
    for (const room of ['one', 'other']) {
      expect(rulesBrokenBy(`src/domain/${room}`)).toEqual(['no-cycles-between-rooms']);
    }
  });

  it('reports no other file', () => {
    const planted = ['src/domain/types-only.ts', ...PLANTED.map(([file]) => file)];
    const files = violations.filter(({ from }) => from.endsWith('.ts'));
    expect(files.filter(({ from }) => !planted.includes(from))).toEqual([]);
  });

  it('has a violation of each of its rules planted here', () => {
    const config: { forbidden: { name: string }[] } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
    const names = config.forbidden.map(({ name }) => name);
    expect([...new Set(violations.map(({ rule }) => rule))].sort()).toEqual(names.sort());
  });
});
