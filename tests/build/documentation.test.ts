import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync(['*.md', '{docs,examples,bench}/**/*.md'], { cwd: root });

describe('the documentation', () => {
  it.each(pages)('links in %s lead to something', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(broken).toEqual([]);
  });

  it('has a row in the README for every setting that the engine knows, and for no other', () => {
    const section = read('README.md').split('## Configuration')[1]?.split('\n## ')[0] ?? '';
    const told = [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = '']) => names.match(/[A-Z_]+/g) ?? []);
    const environment = read('src/infrastructure/environment.ts');
    const known = [...environment.matchAll(/^ {2}([A-Z_]+): v\./gm)].map(([, name]) => name);
    expect(told.sort()).toEqual(known.sort());
  });

  it('keeps decision records short enough to be read', () => {
    const records = globSync('docs/adr/*.md', { cwd: root });
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) expect(read(record).split('\n').length, record).toBeLessThanOrEqual(41);
  });
});
