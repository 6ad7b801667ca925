import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import { DAY, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const day = { from: START - DAY, to: START + DAY };

async function opened(directory: string) {
  const store = await openSqliteStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

/** A directory in which SQLite cannot create the file that all connections need, as on a full or read-only disk. */
async function unwritable() {
  const directory = temporaryDirectory();
  const store = await opened(directory);
  await store.writer.commit([aMeterReading()]);
  await store.close();
  const obstacle = join(directory, 'energy.db-shm');
  symlinkSync('/nowhere', obstacle);
  return { directory, mend: () => rmSync(obstacle) };
}

describe('a store that cannot write', () => {
  it('reads, and refuses to write with the reason', async () => {
    const store = await opened((await unwritable()).directory);

    expect(await store.hot.newest('meter', 'M-1')).toEqual(aMeterReading());
    expect((await store.cold.fleetTotals(day)).meter.readings).toBe(1);
    for (const write of [
      () => store.writer.commit([aMeterReading()]),
      () => store.links.add([aLink()]),
      () => store.health.check(),
    ]) {
      await expect(write()).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(write()).rejects.toThrow(
        /^the store can only be read: cannot open .* unable to open database file; rest/,
      );
    }
  });

  it('writes when it is opened again where it can; the one that only read has then failed for good', async () => {
    const { directory, mend } = await unwritable();
    const reading = await opened(directory);
    mend();

    const writing = await opened(directory);
    const outcomes = await writing.writer.commit([aMeterReading({ timestamp: START + MINUTE })]);

    expect(outcomes[0]?.status).toBe('stored');
    expect((await reading.failed)?.message).toContain('energy.db has changed, and was opened where only reading was');
  });

  it('is not opened without its newest readings', async () => {
    const { directory, mend } = await unwritable();
    mend();
    const crashed = await opened(directory);
    await crashed.writer.commit([aMeterReading({ timestamp: START + MINUTE })]);
    const copy = temporaryDirectory();
    for (const name of ['energy.db', 'energy.db-wal']) cpSync(join(directory, name), join(copy, name));
    symlinkSync('/nowhere', join(copy, 'energy.db-shm'));

    await expect(openSqliteStore({ directory: copy })).rejects.toThrow(/its newest data are in .*energy\.db-wal/);
  });

  it('is no store without a data file', async () => {
    const directory = temporaryDirectory();
    symlinkSync('/nowhere', join(directory, 'energy.db-shm'));

    await expect(openSqliteStore({ directory })).rejects.toThrow(/unable to open database file/);
  });
});
