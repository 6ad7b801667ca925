import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync(['*.md', '{docs,examples,bench,deploy}/**/*.md'], { cwd: root });

describe('the documentation', () => {
  it.each(pages)('has no broken links in %s', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(broken).toEqual([]);
  });

  it('lists exactly the settings that the engine knows in the README', () => {
    const section = read('README.md').split('## Configuration')[1]?.split('\n## ')[0] ?? '';
    const listed = [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = '']) => names.match(/[A-Z_]+/g) ?? []);
    const environment = read('src/infrastructure/environment.ts');
    const known = [...environment.matchAll(/^ {2}([A-Z_]+): v\./gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(known.sort());
  });

  it('keeps decision records within 40 lines', () => {
    const records = globSync('docs/adr/*.md', { cwd: root });
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) expect(read(record).split('\n').length, record).toBeLessThanOrEqual(41);
  });
});
