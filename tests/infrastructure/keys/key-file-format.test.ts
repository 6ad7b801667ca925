import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readKeyFile } from '#infrastructure/keys/key-file';
import { KeyFileError } from '#infrastructure/keys/key-file-error';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const DIGEST = '5e'.repeat(32);
const KEY = `eie_0f3a0f3a0f3a_${'k'.repeat(43)}`;

const entry = (changes: object = {}) => ({
  name: 'gateway-1',
  id: '0f3a0f3a0f3a',
  sha256: DIGEST,
  scopes: ['ingest'],
  ...changes,
});
const withMember = (change: object) => ({ keys: [entry(change)] });

/** A file in a directory of its own. */
function keyFile(content: unknown): string {
  const path = join(temporaryDirectory(), 'keys.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function errorOf(path: string): KeyFileError {
  try {
    readKeyFile(path);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyFileError);
    return error as KeyFileError;
  }
  throw new Error('nothing was thrown');
}

describe('a file of API keys that cannot be used', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', `{"keys": [{"sha256": "${DIGEST}",, "id": "${KEY}"}]}`, 'is not valid JSON (line 1 column 89)'],
    ['empty', '', 'is not valid JSON'],
    ['no object', '1', 'must be an object'],
    ['a list', [entry()], 'keys must be a list of keys'],
    ['without keys', {}, 'keys is missing'],
    ['with keys that are no list', { keys: { a: DIGEST } }, 'keys must be a list of keys'],
    ['with more than keys', { keys: [], version: 1 }, 'version is not a known member'],
    ['with an entry that is no object', { keys: [entry(), DIGEST] }, 'the key number 2: must be an object'],
    ['without a name', { keys: [entry({ name: undefined })] }, 'the key number 1: name is missing'],
    ['without a digest', withMember({ sha256: undefined }), 'the key "gateway-1": sha256 is missing'],
    [
      'with a digest in capitals',
      withMember({ sha256: 'AB'.repeat(32) }),
      'sha256 must be 64 hex digits in lower case',
    ],
    ['with a key for a digest', withMember({ sha256: KEY }), 'sha256 must be 64 hex digits in lower case'],
    ['with an unknown member', withMember({ device: ['M-'] }), 'the key "gateway-1": device is not a known member'],
    [
      'with a key for a member',
      withMember({ [KEY]: 1 }),
      'the key "gateway-1": one of its names is not a known member',
    ],
    ['with a bad id', withMember({ id: KEY }), 'the key "gateway-1": id must be 12 hex digits in lower case'],
    ['without scopes', withMember({ scopes: [] }), 'the key "gateway-1": scopes must be some of ingest, read, admin'],
    [
      'with scopes that do not exist',
      withMember({ scopes: ['ingest', KEY] }),
      'scopes must be some of ingest, read, admin',
    ],
    ['with scopes that are no list', withMember({ scopes: 'ingest' }), 'scopes must be some of ingest, read, admin'],
    ['with an empty name', withMember({ name: '' }), 'the key number 1: name must be 1 to 64 of A-Z a-z 0-9 . _ - and'],
    ['with a long name', withMember({ name: 'n'.repeat(65) }), 'the key number 1: name must be 1 to 64 of'],
    ['with a key for a name', withMember({ name: KEY }), 'the key number 1: name must be 1 to 64 of'],
    ['with a digest for a name', withMember({ name: DIGEST }), 'the key number 1: name must be 1 to 64 of'],
    ['with no devices', withMember({ devices: [] }), 'the key "gateway-1": devices must be beginnings of device ids'],
    ['with bad devices', withMember({ devices: ['M-', 'EV*'] }), 'devices must be beginnings of device ids'],
    ['with an empty prefix', withMember({ devices: [''] }), 'devices must be beginnings of device ids'],
    ['with a long prefix', withMember({ devices: ['d'.repeat(129)] }), 'devices must be beginnings of device ids'],
    ['with a key for a prefix', withMember({ devices: [KEY] }), 'devices must be beginnings of device ids'],
    [
      'with devices that do not limit reading',
      withMember({ scopes: ['read'], devices: ['M-'] }),
      'devices limits what',
    ],
    ['with a limit of 0', withMember({ limits: { readingsPerMinute: 0 } }), 'limits.readingsPerMinute must be a whole'],
    ['with a negative limit', withMember({ limits: { concurrentRequests: -1 } }), 'limits.concurrentRequests must be'],
    ['with a broken limit', withMember({ limits: { newDevicesPerHour: 1.5 } }), 'limits.newDevicesPerHour must be a'],
    ['with an unknown limit', withMember({ limits: { readings: 5 } }), 'limits.readings is not a known member'],
    [
      'with a time without an offset',
      withMember({ expires: '2027-01-01T00:00:00' }),
      'expires must include its UTC offset',
    ],
    [
      'with a time that does not exist',
      withMember({ created: '2027-02-30T00:00:00Z' }),
      'created is not a date and time',
    ],
    ['with a number for a time', withMember({ expires: 1_800_000_000_000 }), 'expires must be an RFC 3339 date-time'],
    ['with a name twice', { keys: [entry(), entry({ id: 'abcdefabcdef' })] }, 'the name "gateway-1" occurs twice'],
    ['with an id twice', { keys: [entry(), entry({ name: 'b' })] }, 'the key "b": another key has the same id'],
  ])('is one %s', (_, content, reason) => {
    const path = keyFile(content);
    const { message } = errorOf(path);

    expect(message.startsWith(`${path}: `)).toBe(true);
    expect(message).toContain(reason);
    expect(message).not.toContain('\n');
    expect(message).not.toContain(DIGEST.slice(0, 12));
    expect(message).not.toContain(KEY.slice(0, 8));
  });

  it('does not show its content in the cause of the error either', () => {
    expect(errorOf(keyFile(`{"keys": [{"sha256": ${DIGEST}}]}`)).cause).toBeUndefined();
  });
});

describe('a file of API keys written by hand', () => {
  it('needs neither devices nor times nor limits', () => {
    expect(readKeyFile(keyFile({ keys: [entry()] }))).toEqual([entry()]);
  });

  it('may have any key with the longest values', () => {
    const longest = entry({ name: 'n'.repeat(64), devices: ['.', `${'A-z0.9_:'.repeat(16)}`], scopes: ['admin'] });
    expect(readKeyFile(keyFile({ keys: [longest] }))).toEqual([longest]);
  });
});
