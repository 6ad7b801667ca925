import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SqliteOptions, SqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { startedThreads } from './started-threads.ts';

const day = { from: START - DAY, to: START + DAY };

async function opened(directory: string, options: Pick<SqliteOptions, 'processors'> = {}): Promise<SqliteStore> {
  const store = await openSqliteStore({ directory, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Changes the data file in a way that the engine never would. */
function tamper(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, 'energy.db'));
  database.exec(sql);
  database.close();
}

function minutesOf(directory: string): unknown {
  const database = new DatabaseSync(join(directory, 'energy.db'), { readOnly: true });
  const found = database.prepare('SELECT COUNT(DISTINCT minute) AS minutes FROM meter_history').get();
  database.close();
  return found?.minutes;
}

describe('a data directory that is closed and opened again', () => {
  it('has everything that was committed', async () => {
    const directory = temporaryDirectory();
    const readings = [0, 1, 2].flatMap((minute) => [
      aMeterReading({ timestamp: START + minute * MINUTE, kwh: 0.123456 }),
      aVehicleReading({ timestamp: START + minute * MINUTE, soc: 50 + minute }),
    ]);
    const first = await opened(directory);
    await first.writer.commit(readings);
    const before = await everything(first);
    await first.close();

    expect(await everything(await opened(directory))).toEqual(before);
  });

  it('still distinguishes duplicates, conflicts and late readings from new ones', async () => {
    const directory = temporaryDirectory();
    const first = await opened(directory);
    await first.writer.commit([aMeterReading({ kwh: 1 }), aMeterReading({ timestamp: START + 5 * MINUTE })]);
    await first.close();

    const { writer, hot } = await opened(directory);
    const outcomes = await writer.commit([
      aMeterReading({ kwh: 1 }),
      aMeterReading({ kwh: 2 }),
      aMeterReading({ timestamp: START + MINUTE }),
      aMeterReading({ timestamp: START + 6 * MINUTE }),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['duplicate', 'conflict', 'stored', 'stored']);
    expect((await hot.newest('meter', 'M-1'))?.timestamp).toBe(START + 6 * MINUTE);
  });

  it('keeps the numbers of devices, and gives a new device the next one', async () => {
    const directory = temporaryDirectory();
    let later = 0;
    for (const deviceId of ['M-1', 'M-2', 'M-1', 'M-3']) {
      const store = await opened(directory);
      await store.writer.commit([aMeterReading({ deviceId, timestamp: START + ++later })]);
      await store.close();
    }

    const database = new DatabaseSync(join(directory, 'energy.db'), { readOnly: true });
    onTestFinished(() => database.close());
    expect(database.prepare('SELECT number, id FROM meter_devices ORDER BY number').all()).toEqual([
      { number: 1, id: 'M-1' },
      { number: 2, id: 'M-2' },
      { number: 3, id: 'M-3' },
    ]);
  });

  it('is created with its parent directories if missing', async () => {
    const store = await opened(join(temporaryDirectory(), 'var/lib/energy'));

    expect((await store.writer.commit([aMeterReading()])).length).toBe(1);
  });
});

async function everything({ hot, cold }: SqliteStore) {
  return {
    live: [await hot.page('meter', { limit: 10 }), await hot.page('vehicle', { limit: 10 })],
    history: [
      await cold.history('meter', 'M-1', day, { limit: 10 }),
      await cold.history('vehicle', 'EV-1', day, { limit: 10 }),
    ],
    totals: [await cold.fleetTotals(day), await cold.fleetHours(day), await cold.deviceTotals('vehicle', 'EV-1', day)],
  };
}

describe('a data directory that is in use', () => {
  it('is refused by name, and can be opened once it is free again', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const first = await opened(directory);

    await expect(openSqliteStore({ directory })).rejects.toThrow(
      `cannot open ${join(directory, 'energy.lock')}: another process is using the data directory`,
    );

    expect((await first.writer.commit([aMeterReading()]))[0]?.status).toBe('stored');
    await first.close();
    const second = await opened(directory);
    expect((await second.writer.commit([aMeterReading()]))[0]?.status).toBe('duplicate');
  });
});

describe('a data directory that cannot be used', () => {
  it('is refused when its schema has another version, and left unchanged', async () => {
    const directory = temporaryDirectory();
    await (await opened(directory)).close();
    tamper(directory, 'PRAGMA user_version = 7');

    await expect(openSqliteStore({ directory })).rejects.toThrow(
      `cannot open ${join(directory, 'energy.db')}: it has schema version 7, but this engine needs version 4`,
    );

    tamper(directory, 'PRAGMA user_version = 4');
    const store = await opened(directory); // the failed attempt holds no lock
    expect((await store.writer.commit([aMeterReading()]))[0]?.status).toBe('stored');
  });

  it('is refused when the file is not a database', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'energy.db'), 'timestamp,kwhConsumedAc,voltage\n'.repeat(1000));

    await expect(openSqliteStore({ directory })).rejects.toThrow(
      /energy\.db: it is the file of another program: it is no SQLite database/,
    );
  });

  it('is refused when the lock is not a file, but not as if it were in use', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'energy.lock'));

    await expect(openSqliteStore({ directory })).rejects.toThrow(/energy\.lock.*unable to open database file/);
  });

  it('is refused when the lock is some other file, but not as if it were in use', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'energy.lock'), 'mine\n'.repeat(1000));

    await expect(openSqliteStore({ directory })).rejects.toThrow(/energy\.lock.*file is not a database/);
  });

  it('is refused when it is a file itself', async () => {
    const file = join(temporaryDirectory(), 'data');
    writeFileSync(file, '');

    await expect(openSqliteStore({ directory: file })).rejects.toThrow(file);
    await expect(openSqliteStore({ directory: join(file, 'below') })).rejects.toThrow(file);
  });
});

describe('a database error', () => {
  it('fails the commit as "store unavailable" with its reason, but not the next commit', async () => {
    const directory = temporaryDirectory();
    const { writer, health, cold } = await opened(directory);
    tamper(
      directory,
      `CREATE TRIGGER fault BEFORE INSERT ON fleet_minutes WHEN NEW.energy = 66
         BEGIN SELECT RAISE(ABORT, 'planted fault'); END`,
    );

    const failing = writer.commit([aMeterReading(), aVehicleReading({ kwh: 0.000_066 })]);
    await expect(failing).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(failing).rejects.toMatchObject({ message: 'planted fault', cause: { message: 'planted fault' } });

    const outcomes = await writer.commit([aMeterReading(), aVehicleReading()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['stored', 'stored']);
    expect((await cold.fleetTotals(day)).meter.readings).toBe(1);
    await health.check();
  });

  it('fails a read and the health check as "store unavailable"', async () => {
    const directory = temporaryDirectory();
    const { hot, health } = await opened(directory);
    await health.check();
    tamper(directory, 'DROP TABLE meter_devices; DROP TABLE fleet_hours');

    await expect(hot.newest('meter', 'M-1')).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(health.check()).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      message: expect.stringContaining('no such table: fleet_hours'),
    });
  });
});

describe('dropping history', () => {
  it('stops between two steps when the signal aborts', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    await store.writer.commit(Array.from({ length: 61 }, (_, n) => aMeterReading({ timestamp: START + n * MINUTE })));
    await closeHours(store);

    await store.upkeep.retention.dropBefore(START + HOUR, AbortSignal.abort());
    expect(minutesOf(directory)).toBe(61);
    await store.upkeep.retention.dropBefore(START + HOUR);
    expect(minutesOf(directory)).toBe(1);
  });
});

describe('a store with a thread that died', () => {
  it.each([
    [0, 'writes'],
    [1, 'reads live state'],
    [2, 'reads the rest'],
    [3, 'reads pages of live state'],
  ])('has failed for good, and can still be closed (thread %i, which %s)', async (number) => {
    const threads = startedThreads();
    const store = await opened(temporaryDirectory(), { processors: 4 });

    threads[number]?.postMessage(null); // crashes the thread

    const failure = await store.failed;
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure?.cause).toMatchObject({ name: 'TypeError', stack: expect.stringContaining('thread-protocol') });
    await expect(store.health.check()).rejects.toBe(failure);
    await store.close();
  });

  it('has failed for good when the thread was terminated from outside', async () => {
    const threads = startedThreads();
    const store = await opened(temporaryDirectory());

    await threads[2]?.terminate();

    expect(await store.failed).toMatchObject({ message: 'the SQLite thread has ended' });
  });

  it('has not failed when it was closed, even during reads', async () => {
    const failures: Error[] = [];
    const store = await opened(temporaryDirectory());
    void store.failed?.then((failure) => failures.push(failure));
    const reads = Promise.allSettled([store.cold.fleetTotals(day), store.hot.newest('meter', 'M-1')]);

    await store.close();
    await reads;

    expect(failures).toEqual([]);
  });
});

describe('a store that is closed', () => {
  it('can be closed again and refuses all calls as "store unavailable"', async () => {
    const store = await opened(temporaryDirectory());
    await Promise.all([store.close(), store.close()]);
    await store.close();

    await expect(store.writer.commit([aMeterReading()])).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.hot.newest('meter', 'M-1')).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.health.check()).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('leaves a single file if no read was running', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    await store.writer.commit([aMeterReading()]);
    await store.hot.newest('meter', 'M-1');
    await store.close();

    expect(readdirSync(directory).filter((name) => name.startsWith('energy.db'))).toEqual(['energy.db']);
  });

  it('has finished all earlier commits', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    const commits = Array.from({ length: 20 }, (_, i) =>
      store.writer.commit([aMeterReading({ timestamp: START + i * MINUTE })]),
    );
    await store.close();

    expect((await Promise.all(commits)).flat().map(({ status }) => status)).toEqual(Array(20).fill('stored'));
    expect((await (await opened(directory)).cold.fleetTotals(day)).meter.readings).toBe(20);
  });
});
