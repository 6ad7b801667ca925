import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { openForWriting } from '#adapters/outbound/sqlite/writer/database';
import { HOUR } from '#domain/time/time';
import { retentionOf } from '#testing/upkeep';
import { expectUpgrade, HORIZON, readingsOfVersion3 } from '#tests/support/readings-of-version-3';
import { temporaryDirectory } from '#tests/support/temporary-directory';

/** A directory with a file that an engine of version 3 wrote. */
function directoryOfVersion3(): string {
  const directory = temporaryDirectory();
  const database = new DatabaseSync(join(directory, 'energy.db'));
  database.exec(readFileSync(join(import.meta.dirname, 'schema-version-3.sql'), 'utf8'));
  database.close();
  return directory;
}

function closed<Store extends { close(): Promise<void> }>(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

describe('a file of schema version 3', () => {
  it('is brought up to date: hours with readings are closed again, and dropped ones keep their sums', async () => {
    const directory = directoryOfVersion3();
    const store = await expectUpgrade(async (logger) => closed(await openSqliteStore({ directory, logger })));

    const outcomes = await store.writer.commit(readingsOfVersion3.filter(({ timestamp }) => timestamp >= HORIZON));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['duplicate']));
    expect(await retentionOf(store).dropBefore(HORIZON + HOUR)).toBe(HORIZON + HOUR);
    expect(await store.cold.deviceTotals('vehicle', 'EV-1', { from: HORIZON, to: HORIZON + HOUR })).toMatchObject({
      readings: 5,
      minutes: 2,
      shiftedMinutes: 2,
      activeMinutes: 2,
    });
  });

  it('is refused when opened for reading only, with what to do', async () => {
    const directory = directoryOfVersion3();

    await expect(openSqliteStore({ directory, readOnly: true })).rejects.toThrow(
      'it has schema version 3, but this engine needs version 4: start the engine once, which brings the file up to date',
    );
    await (await openSqliteStore({ directory })).close();
    const store = closed(await openSqliteStore({ directory, readOnly: true }));
    expect((await store.hot.newest('meter', 'M-1'))?.timestamp).toBe(
      readingsOfVersion3.findLast(({ kind }) => kind === 'meter')?.timestamp,
    );
  });

  it('stays as it is when the upgrade fails', () => {
    const file = join(directoryOfVersion3(), 'energy.db');
    const broken = new DatabaseSync(file);
    broken.exec('ALTER TABLE vehicle_hours RENAME COLUMN least TO smallest');
    broken.close();

    expect(() => openForWriting(file)).toThrow(/no such column: least/);

    const database = new DatabaseSync(file);
    onTestFinished(() => database.close());
    expect(database.prepare('SELECT count(*) AS n FROM closed_hours').get()?.n).toBe(6);
    expect(database.prepare('SELECT count(*) AS n FROM meter_hours').get()?.n).toBe(3);
    expect(database.prepare('PRAGMA user_version').get()?.user_version).toBe(3);
  });
});
