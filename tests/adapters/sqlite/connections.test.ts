import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openForReading } from '#adapters/outbound/sqlite/format/connection';
import { openForWriting } from '#adapters/outbound/sqlite/writer/database';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const FULL = 2;

function connections() {
  const file = join(temporaryDirectory(), 'energy.db');
  const writing = openForWriting(file);
  const reading = openForReading(file);
  onTestFinished(() => {
    reading.close();
    writing.close();
  });
  return { writing, reading };
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

describe('the writing connection', () => {
  it('has a commit on disk when it returns', () => {
    const { writing } = connections();

    expect(pragma(writing, 'journal_mode')).toBe('wal');
    expect(pragma(writing, 'synchronous')).toBe(FULL);
  });

  it('waits some time for a lock, and has a cache for the pages it writes', () => {
    const { writing } = connections();

    expect(pragma(writing, 'busy_timeout')).toBe(5_000);
    expect(pragma(writing, 'cache_size')).toBe(-16384);
  });

  it('records the schema version', () => {
    expect(pragma(connections().writing, 'user_version')).toBe(4);
  });
});

describe('a file of another schema version', () => {
  it.each([
    [2, 'openForWriting', openForWriting],
    [7, 'openForWriting', openForWriting],
    [2, 'openForReading', openForReading],
    [7, 'openForReading', openForReading],
  ])('is refused with its name and both versions, and left unlocked (version %i, %s)', (version, _, open) => {
    const file = join(temporaryDirectory(), 'energy.db');
    const database = openForWriting(file);
    database.exec(`PRAGMA user_version = ${version}`);
    database.close();

    expect(() => open(file)).toThrow(
      `cannot open ${file}: it has schema version ${version}, but this engine needs version 4`,
    );

    const alone = new DatabaseSync(file, { timeout: 0 });
    onTestFinished(() => alone.close());
    expect(pragma(alone, 'user_version')).toBe(version);
    expect(pragma(alone, 'journal_mode = delete')).toBe('delete'); // fails while any other connection is open
  });
});

describe('the reading connection', () => {
  it('cannot write', () => {
    const { reading } = connections();

    expect(pragma(reading, 'query_only')).toBe(1);
    expect(() => reading.exec("INSERT INTO meter_devices (id) VALUES ('M-1')")).toThrow(/readonly|read-only/);
  });

  it('sees committed data and is not blocked by a running transaction', () => {
    const { writing, reading } = connections();
    writing.exec("INSERT INTO meter_devices (id) VALUES ('M-1')");
    writing.exec("BEGIN IMMEDIATE; INSERT INTO meter_devices (id) VALUES ('M-2')");

    expect(reading.prepare('SELECT id FROM meter_devices').all()).toEqual([{ id: 'M-1' }]);

    writing.exec('COMMIT');
    expect(reading.prepare('SELECT id FROM meter_devices').all()).toHaveLength(2);
  });
});
