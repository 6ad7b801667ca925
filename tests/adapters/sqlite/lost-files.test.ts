import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import { DAY, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const day = { from: START - DAY, to: START + DAY };
const at = (minute: number) => aMeterReading({ timestamp: START + minute * MINUTE });

async function opened(directory: string) {
  const store = await openSqliteStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

async function withReadings(directory = temporaryDirectory()) {
  const store = await opened(directory);
  await store.writer.commit([at(0)]);
  return { store, directory, file: (name: string) => join(directory, name) };
}

type Loss = readonly [what: string, done: (directory: string) => void, reason: RegExp];

/** What is done to the data of a running engine, and what it says then. */
const LOST_DATA: readonly Loss[] = [
  ['the data file is removed', (d) => rmSync(join(d, 'energy.db')), /energy\.db was removed or renamed/],
  ['the directory is renamed', (d) => renameSync(d, `${d}-elsewhere`), /energy\.db was removed or renamed/],
  [
    'the data file is replaced',
    (d) => {
      copyFileSync(join(d, 'energy.db'), join(d, 'copy.db'));
      renameSync(join(d, 'copy.db'), join(d, 'energy.db'));
    },
    /energy\.db was replaced/,
  ],
  [
    'all files are removed and others are there instead',
    (d) => {
      renameSync(d, `${d}-elsewhere`);
      mkdirSync(d);
      for (const name of readdirSync(`${d}-elsewhere`)) copyFileSync(join(`${d}-elsewhere`, name), join(d, name));
    },
    /energy\.db was replaced/,
  ],
  ['the data file is cut short', (d) => truncateSync(join(d, 'energy.db')), /energy\.db was overwritten or cut short/],
];

const LOST_LOG_OR_LOCK: readonly Loss[] = ['energy.db-wal', 'energy.db-shm', 'energy.lock'].map((name) => [
  `${name} is removed`,
  (d) => rmSync(join(d, name)),
  new RegExp(`${name} was removed`),
]);

describe('a store whose files are taken away', () => {
  it.each(LOST_DATA)('acknowledges nothing more, and has failed for good, when %s', async (_, change, reason) => {
    const { store, directory } = await withReadings();

    change(directory);

    const commit = store.writer.commit([at(1)]);
    await expect(commit).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(commit).rejects.toThrow(reason);
    expect((await store.failed)?.message).toMatch(reason);
    await expect(store.links.add([aLink()])).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.health.check()).rejects.toThrow(reason);
    await store.close();
  });

  it.each([...LOST_DATA, ...LOST_LOG_OR_LOCK])('notices without a request when %s', async (_, change, reason) => {
    const { store, directory } = await withReadings();

    change(directory);

    expect((await store.failed)?.message).toMatch(reason);
  });

  it.each(LOST_LOG_OR_LOCK)('keeps everything it acknowledged when only %s', async (_, change) => {
    const { store, directory } = await withReadings();
    change(directory);
    const acknowledged = await store.writer.commit([at(1)]).then(
      () => [at(0), at(1)],
      () => [at(0)], // it had noticed by then
    );
    await store.failed;
    await store.close();

    const again = await opened(directory);

    expect(await again.cold.history('meter', 'M-1', day, { limit: 10 })).toEqual(acknowledged);
  });

  it('leaves files alone that somebody else has put in their place', async () => {
    const { store, directory } = await withReadings();
    renameSync(directory, `${directory}-elsewhere`);
    const { store: other } = await withReadings(directory);

    await store.failed;
    await store.close();

    expect((await other.writer.commit([at(0), at(1)])).map(({ status }) => status)).toEqual(['duplicate', 'stored']);
    await other.close();
    expect((await (await opened(directory)).cold.fleetTotals(day)).meter.readings).toBe(2);
    const elsewhere = await opened(`${directory}-elsewhere`);
    expect(await elsewhere.cold.history('meter', 'M-1', day, { limit: 10 })).toEqual([at(0)]);
  });
});

describe('two engines on one data file', () => {
  /** Directories from which a second engine reaches the file of the first one past its lock. */
  const WAYS: readonly (readonly [string, (directory: string) => string])[] = [
    [
      'after the lock file was removed',
      (directory) => {
        rmSync(join(directory, 'energy.lock'));
        return directory;
      },
    ],
    [
      'through a symbolic link in another directory',
      (directory) => {
        const other = temporaryDirectory();
        symlinkSync(join(directory, 'energy.db'), join(other, 'energy.db'));
        return other;
      },
    ],
  ];

  it.each(WAYS)('never both commit %s: the first one stops for good', async (_, reached) => {
    const { store: first, directory } = await withReadings();

    const second = await opened(reached(directory));
    const stored = await second.writer.commit([at(1)]);

    expect(stored[0]?.status).toBe('stored');
    await expect(first.writer.commit([at(1), at(2)])).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await first.failed).toBeInstanceOf(StoreUnavailableError);
    await first.close();
    expect((await second.writer.commit([at(0), at(1), at(2)])).map(({ status }) => status)).toEqual([
      'duplicate',
      'duplicate',
      'stored',
    ]);
  });

  it('are refused when the file has two names, because each would have a log of its own', async () => {
    const { file } = await withReadings();
    const other = temporaryDirectory();
    linkSync(file('energy.db'), join(other, 'energy.db'));

    await expect(openSqliteStore({ directory: other })).rejects.toThrow(/energy\.db: it has more than one name/);
  });

  it('may run on copies of a directory', async () => {
    const { store, directory } = await withReadings();
    await store.close();
    const copy = temporaryDirectory();
    for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(copy, name));

    const [one, two] = [await opened(directory), await opened(copy)];

    for (const store of [one, two, one]) await store.writer.commit([at(1)]);
    await Promise.all([one.health.check(), two.health.check()]);
  });
});
