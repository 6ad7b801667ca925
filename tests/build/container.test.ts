import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#infrastructure/environment';

const root = dirname(dirname(import.meta.dirname));
const linesOf = (file: string) => readFileSync(join(root, file), 'utf8').split('\n');

/** The files that the image is built from: the sources of `COPY`, except those copied from another stage. */
const copied = linesOf('Dockerfile')
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(/\s+/).slice(1, -1));

const ignore = linesOf('.dockerignore').filter((line) => line !== '' && !line.startsWith('#'));

/** Variables that the image sets. */
const imageEnvironment = Object.fromEntries(
  linesOf('Dockerfile')
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) => line.slice(4).split(' '))
    .map((pair) => pair.split('=')),
);

/** The `environment:` of one service of the compose file. */
function composeEnvironment(service: string): Record<string, string> {
  const text = linesOf('docker-compose.yml');
  const begin = text.indexOf('    environment:', text.indexOf(`  ${service}:`)) + 1;
  const end = text.findIndex((line, at) => at >= begin && !line.startsWith('      '));
  const pairs = text.slice(begin, end).map((line) => /^ {6}(\w+): "?(.*?)"?$/.exec(line)?.slice(1));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

describe('the image', () => {
  it('is built from existing files that .dockerignore does not exclude', () => {
    expect(copied).toContain('src');
    for (const source of copied) expect(statSync(join(root, source)), source).toBeTruthy();
    expect(ignore).toEqual(['*', ...copied.map((source) => `!${source}`)]);
  });

  it('starts the built main file, as npm start does the source', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const [entry = ''] = linesOf('Dockerfile').filter((line) => line.startsWith('ENTRYPOINT '));
    const command = JSON.parse(entry.slice('ENTRYPOINT '.length));
    const start = scripts.start.replace('--require ./scripts/supported-node.cjs ', ''); // the image has its own Node
    expect(command.join(' ')).toBe(start.replace('src/main.ts', 'dist/main.js'));
  });

  it('requires an explicit EIE_AUTH=off, since it listens on all interfaces', () => {
    expect(() => readEnvironment(imageEnvironment)).toThrow('EIE_AUTH=off');
    const { host, store } = readEnvironment({ ...imageEnvironment, EIE_AUTH: 'off' });
    expect({ host, store }).toEqual({ host: '0.0.0.0', store: { kind: 'sqlite', directory: '/data' } });
  });
});

describe('the compose file', () => {
  it('sets a valid environment for the engine, with known names only', () => {
    const environment = composeEnvironment('engine');
    const { host, port, store } = readEnvironment({ ...imageEnvironment, ...environment });
    expect({ host, port, store }).toMatchObject({
      host: '0.0.0.0',
      port: 3000,
      store: { kind: 'mongodb', uri: 'mongodb://mongodb:27017/?replicaSet=rs0', database: 'energy' },
    });
    const known = readFileSync(join(root, 'src/infrastructure/environment.ts'), 'utf8');
    for (const name of Object.keys(environment)) expect(known).toMatch(new RegExp(`^  ${name}: `, 'm'));
  });
});
