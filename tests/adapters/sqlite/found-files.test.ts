import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { DAY } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { LogLines } from '#tests/adapters/http/app-under-test';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const day = { from: START - DAY, to: START + DAY };

async function opened(directory: string) {
  const log = new LogLines();
  const store = await openSqliteStore({ directory, logger: log });
  onTestFinished(() => store.close());
  return { store, warnings: () => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message) };
}

/** A directory as an engine leaves it that was stopped in order. */
async function used(): Promise<string> {
  const directory = temporaryDirectory();
  const { store } = await opened(directory);
  await store.writer.commit([aMeterReading()]);
  await store.close();
  return directory;
}

function create(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

const hashes = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name !== 'energy.lock')
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]);

describe('a file that the engine did not write', () => {
  it.each<[string, string, string]>([
    ['a database with an id', 'PRAGMA application_id = 252006673; CREATE TABLE t (a)', 'the application id 252006673'],
    ['a database without one', 'CREATE TABLE people (name); CREATE TABLE pets (name)', 'the tables people, pets'],
    ['a database with a log', 'PRAGMA journal_mode = wal; CREATE TABLE people (name)', 'the tables people'],
    ['a database of our version', 'PRAGMA user_version = 3; CREATE TABLE people (name)', 'the tables people'],
  ])('is refused and left as it is, byte for byte: %s', async (_, sql, reason) => {
    const directory = temporaryDirectory();
    create(join(directory, 'energy.db'), sql);
    const before = hashes(directory);

    await expect(openSqliteStore({ directory })).rejects.toThrow(
      `cannot open ${join(directory, 'energy.db')}: it is the file of another program: it has ${reason}`,
    );

    expect(hashes(directory)).toEqual(before);
  });

  it.each([
    ['text', 'timestamp,kwhConsumedAc\n'.repeat(200), 'it is the file of another program: it is no SQLite database'],
    ['a few bytes', 'hello', 'it is the file of another program: it is no SQLite database'],
    ['half a header', 'SQLite format 3\0', 'it is damaged: it ends after 16 bytes'],
  ])('is refused and left as it is, byte for byte: %s', async (_, content, reason) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'energy.db'), content);

    await expect(openSqliteStore({ directory })).rejects.toThrow(`energy.db: ${reason}`);

    expect(readFileSync(join(directory, 'energy.db'), 'utf8')).toBe(content);
    expect(readdirSync(directory).sort()).toEqual(['energy.db', 'energy.lock']);
  });

  it('is refused for reading, too', async () => {
    const directory = temporaryDirectory();
    create(join(directory, 'energy.db'), 'PRAGMA application_id = 7; PRAGMA user_version = 4; CREATE TABLE t (a)');

    await expect(openSqliteStore({ directory, readOnly: true })).rejects.toThrow('it has the application id 7');
  });

  it('is refused when it is a directory', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'energy.db'));

    await expect(openSqliteStore({ directory })).rejects.toThrow('energy.db: it is not a file');
  });
});

describe('data that are missing where there were some', () => {
  it('are no news in a new directory, nor in one that was used', async () => {
    expect((await opened(join(temporaryDirectory(), 'new'))).warnings()).toEqual([]);
    expect((await opened(await used())).warnings()).toEqual([]);
  });

  it.each<[string, (directory: string) => void, RegExp]>([
    [
      'the data file was removed',
      (d) => rmSync(join(d, 'energy.db')),
      /energy\.db is missing, although this directory/,
    ],
    ['the data file was emptied', (d) => truncateSync(join(d, 'energy.db')), /energy\.db is empty, although this/],
  ])('are reported, and the engine starts without: %s', async (_, change, warning) => {
    const directory = await used();
    change(directory);

    const { store, warnings } = await opened(directory);

    expect(warnings()).toEqual([expect.stringMatching(warning)]);
    expect((await store.writer.commit([aMeterReading()]))[0]?.status).toBe('stored');
  });

  it('are reported when the tables were in a log that is gone', async () => {
    const directory = temporaryDirectory();
    const { store } = await opened(directory);
    const header = readFileSync(join(directory, 'energy.db')); // nothing has been moved out of the log yet
    await store.close();
    writeFileSync(join(directory, 'energy.db'), header);

    expect((await opened(directory)).warnings()).toEqual([expect.stringMatching(/energy\.db is empty, although this/)]);
  });

  it('a log without its data file is kept under another name, and none of it is applied', async () => {
    const directory = temporaryDirectory();
    const { store } = await opened(directory);
    await store.writer.commit([aMeterReading()]);
    const log = readFileSync(join(directory, 'energy.db-wal'));
    await store.close();
    rmSync(join(directory, 'energy.db'));
    writeFileSync(join(directory, 'energy.db-wal'), log);

    const { store: next, warnings } = await opened(directory);

    expect(warnings()[1]).toMatch(/energy\.db-wal has lost the data file .* kept as .*energy\.db-wal\.lost$/);
    expect(readFileSync(join(directory, 'energy.db-wal.lost'))).toEqual(log);
    expect((await next.cold.fleetTotals(day)).meter.readings).toBe(0);
  });
});

describe('a data directory that cannot be created', () => {
  it('is refused at once, even where Node would try for ever', async () => {
    await expect(openSqliteStore({ directory: '/proc/self/task/data/energy' })).rejects.toThrow(
      /cannot create the directory \/proc\//,
    );
    expect(existsSync('/proc/self/task/data')).toBe(false);
  });
});
