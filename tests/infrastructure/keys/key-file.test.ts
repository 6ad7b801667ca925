import {
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import { KEY_TEXT } from '#application/access/api-key';
import { createKey } from '#infrastructure/keys/create-key';
import { withFileLock } from '#infrastructure/keys/file-lock';
import { addKey, readKeyFile, revokeKey } from '#infrastructure/keys/key-file';
import { KeyFileError } from '#infrastructure/keys/key-file-error';
import { formatKeyFile } from '#infrastructure/keys/key-file-format';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const NOW = Date.parse('2026-11-29T10:00:00Z');
const KEY = `eie_0f3a0f3a0f3a_${'k'.repeat(43)}`;

const newFile = () => join(temporaryDirectory(), 'keys.json');
const newKey = (name: string) => createKey({ name, scopes: ['ingest'] }, NOW).key;

function fileWith(...names: string[]): string {
  const path = newFile();
  writeFileSync(path, formatKeyFile(names.map(newKey)));
  return path;
}

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(KeyFileError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('a new key', () => {
  it('has the form of a key, and nothing in common with another one', () => {
    const [one, other] = [
      createKey({ name: 'a', scopes: ['read'] }, NOW),
      createKey({ name: 'a', scopes: ['read'] }, NOW),
    ];

    expect(one.text).toMatch(new RegExp(`^${KEY_TEXT.source}$`));
    expect(one.text).toContain(`_${one.key.id}_`);
    expect(JSON.stringify(one.key)).not.toContain(one.text.slice(-43));
    expect([one.text.slice(-43), one.key.id, one.key.sha256]).not.toContain(other.text.slice(-43));
    expect(one.key.id).not.toBe(other.key.id);
  });

  it('is found by its digest once it is in the file, and no other text is', () => {
    const path = newFile();
    const { key, text } = createKey({ name: 'gateway-1', scopes: ['ingest'] }, NOW);

    addKey(path, key);

    const ring = new KeyRing(readKeyFile(path));
    expect(ring.find(text)).toMatchObject({ name: 'gateway-1', scopes: ['ingest'] });
    expect(ring.find(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
  });
});

describe('the file of API keys', () => {
  it('is created with the first key, can be read by its owner alone, and nothing else is left behind', () => {
    const path = newFile();
    addKey(path, newKey('a'));

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['keys.json']);
  });

  it('stays readable for those who could read it before, such as the group of the engine', () => {
    const path = newFile();
    writeFileSync(path, '{"keys":[]}', { mode: 0o640 });
    writeFileSync(`${path}.tmp`, 'left by a process that was killed', { mode: 0o666 });
    addKey(path, newKey('a'));

    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readKeyFile(path)).toHaveLength(1);
  });

  it('keeps its owner, who may be another user than the administrator', () => {
    const path = fileWith();
    const administrator = process.getuid?.() ?? 0;
    const owner = administrator === 0 ? 12_345 : administrator; // only root can give a file away
    chownSync(path, owner, process.getgid?.() ?? 0);
    addKey(path, newKey('a'));

    expect(statSync(path).uid).toBe(owner);
  });

  it('keeps everything about a key', () => {
    const path = newFile();
    const limits = { readingsPerMinute: 1000, newDevicesPerHour: 100, concurrentRequests: 10 };
    const whole = {
      name: 'a',
      scopes: ['ingest', 'read'] as const,
      devices: ['M-', 'EV-'],
      expiresAt: NOW + 1,
      limits,
    };
    const keys = [createKey(whole, NOW).key, newKey('b')];
    for (const key of keys) addKey(path, key);

    expect(readKeyFile(path)).toEqual(keys);
    expect(JSON.parse(readFileSync(path, 'utf8')).keys[0]).toMatchObject({
      created: '2026-11-29T10:00:00.000Z',
      expires: '2026-11-29T10:00:00.001Z',
    });
  });

  it('loses a key that is revoked, and keeps the others', () => {
    const path = newFile();
    for (const name of ['a', 'b', 'c']) addKey(path, newKey(name));
    revokeKey(path, 'b');

    expect(readKeyFile(path).map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('stays where a symbolic link points to', () => {
    const path = fileWith();
    const link = join(temporaryDirectory(), 'link.json');
    symlinkSync(path, link);
    addKey(link, newKey('a'));

    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readKeyFile(path)).toHaveLength(1);
  });

  it('loses nothing when several processes change it at once', async () => {
    const path = newFile();
    const room = join(import.meta.dirname, '../../../src/infrastructure/keys');
    const program = `
      const { workerData: { path, room, writer } } = require('node:worker_threads');
      Promise.all([import(room + '/key-file.ts'), import(room + '/create-key.ts')]).then(([file, { createKey }]) => {
        for (let i = 0; i < 6; i++) {
          file.addKey(path, createKey({ name: writer + '-' + i, scopes: ['read'] }, 0).key);
          if (i % 2 === 1) file.revokeKey(path, writer + '-' + i);
        }
      });
    `;
    const writers = ['a', 'b', 'c', 'd'].map(async (writer) => {
      const worker = new Worker(program, { eval: true, workerData: { path, room, writer } });
      await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    });
    await Promise.all(writers);

    const names = ['a', 'b', 'c', 'd'].flatMap((writer) => [0, 2, 4].map((i) => `${writer}-${i}`));
    expect(
      readKeyFile(path)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names);
  });
});

describe('a change that is refused', () => {
  it('is one to a name that is taken', () => {
    const path = fileWith('gateway-1');
    expect(messageOf(() => addKey(path, newKey('gateway-1')))).toBe(
      `${path}: there is a key "gateway-1" already; choose another name, or revoke that key first`,
    );
    expect(readKeyFile(path)).toHaveLength(1);
  });

  it('is the revocation of a key that is not there, whose name is only shown if it cannot be a key', () => {
    const path = fileWith('gateway-1');
    expect(messageOf(() => revokeKey(path, 'gateway-2'))).toBe(`${path}: there is no key "gateway-2"`);
    expect(messageOf(() => revokeKey(path, KEY))).toBe(`${path}: there is no key of this name`);
    expect(readKeyFile(path)).toHaveLength(1);
  });

  it('is one that could not be read again, and releases the lock', () => {
    const path = fileWith('gateway-1');
    const before = readFileSync(path, 'utf8');

    expect(() => addKey(path, { ...newKey('b'), devices: [] })).toThrow(KeyFileError);

    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(join(path, '..'))).toEqual(['keys.json']);
  });

  it('is one to a broken file, which stays as it is', () => {
    const path = newFile();
    writeFileSync(path, '{"keys": [');
    expect(() => addKey(path, newKey('a'))).toThrow(KeyFileError);
    expect(() => revokeKey(path, 'a')).toThrow(KeyFileError);
    expect(readFileSync(path, 'utf8')).toBe('{"keys": [');
  });

  it('is one while another command seems to change the file for long', () => {
    const path = fileWith();
    writeFileSync(`${path}.lock`, '');

    expect(messageOf(() => withFileLock(path, () => addKey(path, newKey('a')), 50))).toBe(
      `${path}: another command is changing it; if none is running, delete ${path}.lock`,
    );
    expect(existsSync(`${path}.lock`)).toBe(true);
    expect(readKeyFile(path)).toEqual([]);
  });

  it('is one in a directory that does not exist', () => {
    const path = join(temporaryDirectory(), 'nowhere/keys.json');
    expect(messageOf(() => addKey(path, newKey('a')))).toContain(`${path}: cannot be changed: ENOENT`);
  });
});

describe('a file of API keys that cannot be read', () => {
  it('is one that does not exist: the message says how to create the first key', () => {
    const path = newFile();
    expect(messageOf(() => readKeyFile(path))).toBe(
      `${path}: there is no such file; create the first key with ` +
        '"npx energy-ingestion-engine keys create --name NAME --scopes ingest"',
    );
    expect(() => revokeKey(path, 'a')).toThrow('there is no such file');
  });

  it('is a directory', () => {
    const path = temporaryDirectory();
    expect(messageOf(() => readKeyFile(path))).toContain(`${path}: cannot be read: EISDIR`);
  });
});
