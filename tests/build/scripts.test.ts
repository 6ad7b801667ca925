import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

it('npm run bench has the options of npm start: what the engine is compared with lives in its process', () => {
  const { bench, start } = manifest.scripts;
  expect(bench).toBe(start.replace('src/main.ts', 'bench/main.ts'));
});
