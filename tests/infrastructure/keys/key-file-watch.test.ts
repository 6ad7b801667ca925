import { pbkdf2 } from 'node:crypto';
import { renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { Logger } from '#application/ports/logger';
import { createKey } from '#infrastructure/keys/create-key';
import { addKey, revokeKey } from '#infrastructure/keys/key-file';
import { watchKeyFile } from '#infrastructure/keys/key-file-watch';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const RELOADED = 'API keys reloaded';
const NOT_RELOADED = 'the API keys could not be reloaded; the previous ones stay in use';

const keyNamed = (name: string) => createKey({ name, scopes: ['ingest'] }, 0).key;

/** A file with the key `a`. */
function keyFile(): string {
  const path = join(temporaryDirectory(), 'keys.json');
  addKey(path, keyNamed('a'));
  return path;
}

/** Watches the file until the end of the test; `names` are those of the keys in use, `log` is what was logged. */
function watching(path: string) {
  const state = { names: ['a'], log: [] as { level: string; message: string; fields: object }[] };
  const at =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void state.log.push({ level, message, fields });
  const logger: Logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  const watch = watchKeyFile(path, (keys) => (state.names = keys.map(({ name }) => name)), logger);
  onTestFinished(() => watch.close());
  return { state, watch };
}

it('takes up every change of the file, and logs how many keys there are', async () => {
  const path = keyFile();
  const { state } = watching(path);

  addKey(path, keyNamed('b'));
  await expect.poll(() => state.names).toEqual(['a', 'b']);
  expect(state.log).toEqual([{ level: 'info', message: RELOADED, fields: { path, keys: 2 } }]);

  revokeKey(path, 'a');
  await expect.poll(() => state.names).toEqual(['b']);
  expect(state.log.at(-1)).toEqual({ level: 'info', message: RELOADED, fields: { path, keys: 1 } });
});

it('takes up a change that comes before a busy machine has looked at the file for the first time', async () => {
  const path = keyFile();
  const work = Array.from({ length: 8 }, () => promisify(pbkdf2)('', '', 100_000, 32, 'sha256'));
  const { state } = watching(path);

  addKey(path, keyNamed('b'));
  await Promise.all(work);
  await expect.poll(() => state.names).toEqual(['a', 'b']);
});

it('takes up a file that another one replaces, through the links of a mounted secret', async () => {
  const directory = temporaryDirectory();
  const [path, data] = [join(directory, 'keys.json'), join(directory, 'data')];
  const version = (name: string) => {
    const file = join(directory, `${name}.json`);
    addKey(file, keyNamed(name));
    return file;
  };
  symlinkSync(version('a'), data);
  symlinkSync(data, path);
  const { state } = watching(path);

  for (const name of ['b', 'c']) {
    symlinkSync(version(name), `${data}.new`);
    renameSync(`${data}.new`, data);
    await expect.poll(() => state.names).toEqual([name]);
  }
});

it('keeps the previous keys while the file is broken or missing, logs why, and takes up the next good one', async () => {
  const path = keyFile();
  const { state } = watching(path);

  writeFileSync(path, '{"keys": [{"sha256": "5e5e5e5e');
  const lastReason = () => String((state.log.at(-1)?.fields as { reason?: string } | undefined)?.reason); // a file may be seen while it is being written
  await expect.poll(lastReason).toContain('is not valid JSON');
  expect(state.log.at(-1)).toMatchObject({ level: 'error', message: NOT_RELOADED, fields: { path } });
  expect(JSON.stringify(state.log)).not.toContain('5e5e');

  unlinkSync(path);
  await expect.poll(lastReason).toContain('there is no such file');
  expect(state.names).toEqual(['a']);

  addKey(path, keyNamed('b'));
  await expect.poll(() => state.names).toEqual(['b']);
});

it('reads the file at once when it is asked to', () => {
  const path = keyFile();
  const { state, watch } = watching(path);

  watch.reload();
  expect(state.log).toEqual([{ level: 'info', message: RELOADED, fields: { path, keys: 1 } }]);
  addKey(path, keyNamed('b'));
  watch.reload();
  expect(state.names).toEqual(['a', 'b']);
  rmSync(path);
  watch.reload();
  expect(state.log.at(-1)?.message).toBe(NOT_RELOADED);
  expect(state.names).toEqual(['a', 'b']);
});

it('ends when it is closed, while another one of the same file goes on', async () => {
  const path = keyFile();
  const [closed, open] = [watching(path), watching(path)];
  closed.watch.close();

  addKey(path, keyNamed('b'));
  await expect.poll(() => open.state.names).toEqual(['a', 'b']);
  addKey(path, keyNamed('c'));
  await expect.poll(() => open.state.names).toEqual(['a', 'b', 'c']);
  expect(closed.state).toEqual({ names: ['a'], log: [] });
});
