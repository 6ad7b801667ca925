import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import { KEY_TEXT } from '#application/access/api-key';
import { DAY } from '#domain/time/time';
import { UsageError } from '#infrastructure/command-line';
import { readKeyFile } from '#infrastructure/keys/key-file';
import { KeyFileError } from '#infrastructure/keys/key-file-error';
import { runKeysCommand } from '#infrastructure/keys/keys-command';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const NOW = Date.parse('2026-11-29T10:00:00Z');
const KEY = `eie_0f3a0f3a0f3a_${'k'.repeat(43)}`;

const newFile = () => join(temporaryDirectory(), 'keys.json');

/** Runs the command with the file in the environment; the arguments are split at spaces. */
function keys(file: string | undefined, command: string, now = NOW) {
  const printed = { result: '', notes: '' };
  const output = {
    result: (text: string) => {
      printed.result += text;
    },
    note: (text: string) => {
      printed.notes += text;
    },
  };
  runKeysCommand(command.split(' ').filter(Boolean), { EIE_API_KEYS_FILE: file }, output, now);
  return printed;
}

describe('keys create', () => {
  it('prints the key alone, once, and says to people where it is and when it works', () => {
    const file = newFile();
    const { result, notes } = keys(file, 'create --name gateway-1 --scopes ingest');

    expect(result).toMatch(new RegExp(`^${KEY_TEXT.source}\n$`));
    expect(notes).toContain('shown only this once');
    expect(notes).toContain(file);
    expect(notes).toContain('within seconds');
    expect(notes).not.toMatch(KEY_TEXT);
    expect(readFileSync(file, 'utf8')).not.toContain(result.trim().slice(-43));
    expect(new KeyRing(readKeyFile(file)).find(result.trim())).toMatchObject({ name: 'gateway-1' });
  });

  it('describes the key by its options', () => {
    const file = newFile();
    keys(
      file,
      'create --name=all-of-it --scopes ingest,read --devices M-,EV- --expires 90d --readings-per-minute 1000 ' +
        '--new-devices-per-hour 100 --concurrent-requests 10',
    );

    expect(readKeyFile(file)).toEqual([
      {
        name: 'all-of-it',
        id: expect.any(String),
        sha256: expect.any(String),
        scopes: ['ingest', 'read'],
        devices: ['M-', 'EV-'],
        createdAt: NOW,
        expiresAt: NOW + 90 * DAY,
        limits: { readingsPerMinute: 1000, newDevicesPerHour: 100, concurrentRequests: 10 },
      },
    ]);
  });

  it('takes a time at which the key expires, and --file before the environment', () => {
    const [file, other] = [newFile(), newFile()];
    keys(other, `create --name a --scopes admin --devices M- --expires 2027-01-01T00:00:00+01:00 --file ${file}`);

    expect(existsSync(other)).toBe(false);
    expect(readKeyFile(file)).toMatchObject([{ expiresAt: Date.parse('2026-12-31T23:00:00Z'), devices: ['M-'] }]);
    expect(readKeyFile(file)[0]).not.toHaveProperty('limits');
  });

  it.each([
    ['', 'create needs --name and --scopes'],
    ['--name a', 'create needs --name and --scopes'],
    [`--name ${KEY} --scopes read`, '--name must be 1 to 64 of A-Z a-z 0-9 . _ - and neither a key nor a digest'],
    ['--name a --scopes write', '--scopes must be some of ingest, read, admin'],
    ['--name a --scopes read, --file x', '--scopes must be some of ingest, read, admin'],
    ['--name a --scopes read --devices M-', '--devices limits what a key posts, not what it reads; it needs the scope'],
    ['--name a --scopes ingest --devices M*', '--devices must be beginnings of device ids'],
    ['--name a --scopes ingest --devices M-,', '--devices must be beginnings of device ids'],
    ['--name a --scopes read --expires soon', '--expires must be a duration such as 90d, or a time such as'],
    ['--name a --scopes read --expires 2026-11-29T10:00:00Z', '--expires must be in the future'],
    ['--name a --scopes read --readings-per-minute 0', '--readings-per-minute must be a whole number above 0'],
    ['--name a --scopes read --new-devices-per-hour many', '--new-devices-per-hour must be a whole number above 0'],
    ['--name a --scopes read --concurrent-requests 1e3', '--concurrent-requests must be a whole number above 0'],
    ['--name a --scopes read --owner me', "Unknown option '--owner'"],
    [`--name a --scopes read ${KEY}`, "Unexpected argument 'eie_...'"],
    ['--name --scopes read', "Option '--name' argument is ambiguous"],
  ])('refuses "%s" in one line and changes nothing', (options, reason) => {
    const file = newFile();
    const command = () => keys(file, `create ${options}`);

    expect(command).toThrow(UsageError);
    expect(command).toThrow(reason);
    expect(command).toThrow(/^.*$/);
    expect(command).not.toThrow(/kkkk/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('keys list', () => {
  it('prints an aligned table without digests', () => {
    const file = newFile();
    keys(file, 'create --name gateway-1 --scopes ingest --devices M-,EV- --expires 1h --readings-per-minute 1000');
    keys(file, 'create --name ci --scopes ingest,read --concurrent-requests 2 --new-devices-per-hour 3');
    keys(file, 'create --name grafana --scopes read --expires 2d');
    const created = '2026-11-29T10:00:00Z';
    const [gateway, ci, grafana] = readKeyFile(file);

    const { result } = keys(file, 'list', NOW + DAY);

    expect(result.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'ID', 'SCOPES', 'DEVICES', 'EXPIRES', 'LIMITS', 'CREATED'],
      ['gateway-1', gateway?.id, 'ingest', 'M-,EV-', '2026-11-29T11:00:00Z (expired)', '1000 readings/min', created],
      ['ci', ci?.id, 'ingest,read', 'all', 'never', '3 new devices/h, 2 requests at once', created],
      ['grafana', grafana?.id, 'read', '-', '2026-12-01T10:00:00Z', '-', created],
      [''],
    ]);
    const lines = result.trimEnd().split('\n');
    expect(new Set(lines.map((line) => line.lastIndexOf('  ')))).toEqual(new Set([lines[0]?.indexOf('  CREATED')]));
    expect(lines.map((line) => line.slice(11, 23))).toEqual(['ID          ', gateway?.id, ci?.id, grafana?.id]);
    for (const { sha256 } of readKeyFile(file)) expect(result).not.toContain(sha256.slice(0, 12));
  });

  it('says how to create the first key when there is no file', () => {
    expect(() => keys(newFile(), 'list')).toThrow(KeyFileError);
  });
});

describe('keys revoke', () => {
  it('removes the key and says so', () => {
    const file = newFile();
    for (const name of ['a', 'b']) keys(file, `create --name ${name} --scopes read`);
    const { result, notes } = keys(file, 'revoke a');

    expect(result).toBe('');
    expect(notes).toContain('"a"');
    expect(readKeyFile(file).map(({ name }) => name)).toEqual(['b']);
    expect(() => keys(file, 'revoke a')).toThrow(new KeyFileError(file, 'there is no key "a"'));
  });

  it('does not print a key that is given instead of a name', () => {
    expect(() => keys(newFile(), `revoke ${KEY}`)).toThrow(
      /^the name must be 1 to 64 of [^k]*neither a key nor a digest$/,
    );
  });
});

describe('keys', () => {
  it.each(['--help', '-h', 'create --help', 'list -h', 'revoke --help'])('prints its usage on %s', (command) => {
    expect(keys(undefined, command)).toEqual({
      result: expect.stringMatching(/^Usage: energy-ingestion-engine keys create /),
      notes: '',
    });
  });

  it.each([
    ['', 'keys needs a command: create, list or revoke; see keys --help'],
    ['delete a', 'keys needs a command: create, list or revoke; see keys --help'],
    ['revoke', 'revoke needs the name of one key; see keys --help'],
    ['revoke a b', 'revoke needs the name of one key; see keys --help'],
    ['list --name a', "Unknown option '--name'; see keys --help"],
    ['list a', "Unexpected argument 'a'; see keys --help"],
  ])('refuses "%s"', (command, reason) => {
    expect(() => keys(newFile(), command)).toThrow(new UsageError(reason));
  });

  it.each(['create --name a --scopes read', 'list', 'revoke a'])('needs a file: %s', (command) => {
    const reason = 'there is no file of API keys: set EIE_API_KEYS_FILE, or use --file PATH; see keys --help';
    expect(() => keys(undefined, command)).toThrow(new UsageError(reason));
    expect(() => keys('', command)).toThrow(new UsageError(reason));
  });
});

describe('energy-ingestion-engine keys, as a process', () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['src/main.ts', 'keys', ...args], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { PATH: process.env.PATH },
    });

  it('prints the key alone on stdout, and ends with code 2 when it is used wrongly', async () => {
    const file = newFile();
    const { stdout, stderr } = await run('create', '--name', 'a', '--scopes', 'ingest', '--file', file);

    expect(new KeyRing(readKeyFile(file)).find(stdout.trim())).toMatchObject({ name: 'a' });
    expect(stderr).toContain(file);
    await expect(run('create', '--file', file)).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'create needs --name and --scopes; see keys --help\n',
    });
    await expect(run('revoke', 'b', '--file', file)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: `${file}: there is no key "b"\n`,
    });
  });
});
