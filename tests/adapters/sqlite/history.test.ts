import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toOutcomes } from '#adapters/outbound/sqlite/commit-answer';
import { toColumns } from '#adapters/outbound/sqlite/commit-columns';
import { CommitTransaction } from '#adapters/outbound/sqlite/commit-transaction';
import { openForReading, openForWriting } from '#adapters/outbound/sqlite/database';
import { DeviceNumbers } from '#adapters/outbound/sqlite/device-numbers';
import { blockSize } from '#adapters/outbound/sqlite/history-blocks';
import { LiveQueries } from '#adapters/outbound/sqlite/live-queries';
import { StreamQueries } from '#adapters/outbound/sqlite/stream-queries';
import { tablesOf } from '#adapters/outbound/sqlite/stream-tables';
import type { Reading } from '#domain/reading';
import { DAY, MINUTE, SECOND } from '#domain/time';
import { aMeterReading, aVehicleReading, START } from '#tests/support/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const meters = tablesOf('meter');
const PER_ROW = blockSize(meters);
const window = { from: START - DAY, to: START + DAY };

function opened(file = join(temporaryDirectory(), 'energy.db')) {
  const database = openForWriting(file);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  const transaction = new CommitTransaction(database);
  const devices = new DeviceNumbers();
  const queries = new StreamQueries(database, meters);
  return {
    file,
    database,
    close: () => database.close(),
    commit: (readings: readonly Reading[], atomic = false) => {
      const columns = toColumns(readings, devices);
      const answer = transaction.commit(columns, atomic);
      devices.learn(columns.unknown, answer.devices);
      return toOutcomes(answer, readings);
    },
    history: (id = 'M-1') => queries.history(id, window, { limit: 10_000 }),
    totals: (id = 'M-1') => queries.totals(id, window),
    live: (id = 'M-1') => new LiveQueries(database, meters).newest(id),
    rows: () =>
      database.prepare('SELECT minute, block, part, LENGTH(entries) AS bytes FROM meter_history').all() as {
        minute: number;
        block: number;
        part: number;
        bytes: number;
      }[],
  };
}

const statuses = (outcomes: readonly { status: string }[]) => outcomes.map(({ status }) => status);
/** More readings of one minute than a row holds. */
const burst = Array.from({ length: 2 * PER_ROW + 5 }, (_, i) =>
  aMeterReading({ timestamp: START + i * 200, kwh: (i + 1) / 1000 }),
);

describe('the rows of the history', () => {
  it('hold a minute of all devices of a block, whatever the number of commits', () => {
    const { commit, rows } = opened();
    const minute = Array.from({ length: 5 * PER_ROW }, (_, i) => aMeterReading({ deviceId: `M-${i}` }));

    for (let i = 0; i < minute.length; i += 7) commit(minute.slice(i, i + 7));

    expect(rows().map(({ part }) => part)).toEqual(Array(6).fill(0)); // numbers begin with 1: the first block lacks one
    expect(rows().every(({ bytes }) => bytes <= 4_000)).toBe(true);
  });

  it('stay within a page each when they are full', () => {
    const { database, commit } = opened();
    const readings = Array.from({ length: 40 * PER_ROW }, (_, i) => aMeterReading({ deviceId: `M-${i}` }));
    const pages = () => Number(database.prepare('PRAGMA page_count').get()?.page_count);
    commit(readings);
    const before = pages();

    commit(readings.map((reading) => ({ ...reading, timestamp: START + MINUTE })));

    expect(pages() - before).toBeLessThan(41 + 5);
  });

  it('are followed by another part when more readings come in a minute', () => {
    const { commit, history, rows, totals, live } = opened();

    expect(new Set(statuses(commit(burst)))).toEqual(new Set(['stored']));

    expect(rows().map(({ part }) => part)).toEqual([0, 1, 2]);
    expect(history()).toEqual(burst);
    expect(totals().readings).toBe(burst.length);
    expect(live()).toEqual(burst.at(-1));
  });

  it('tell duplicates and conflicts in every part, within a commit and after it', () => {
    const { commit, history } = opened();
    const twice = [...burst, ...burst];
    expect(statuses(commit(twice))).toEqual([...burst.map(() => 'stored'), ...burst.map(() => 'duplicate')]);

    expect(statuses(commit(burst))).toEqual(burst.map(() => 'duplicate'));
    const [first] = burst;
    expect(commit([aMeterReading({ timestamp: START, kwh: 9 })])).toEqual([{ status: 'conflict', stored: first }]);
    expect(history()).toEqual(burst);
  });

  it('take late readings between others, and parts that fill while late readings are looked for', () => {
    const { commit, history } = opened();
    const newest = aMeterReading({ timestamp: START + 59 * SECOND + 999 });
    commit([...burst.slice(0, PER_ROW), newest]);

    const late = [...burst.slice(PER_ROW), ...burst.slice(PER_ROW)];
    const expected = [...burst.slice(PER_ROW).map(() => 'stored'), ...burst.slice(PER_ROW).map(() => 'duplicate')];
    expect(statuses(commit(late))).toEqual(expected);

    expect(history()).toEqual([...burst, newest]);
  });

  it('are gone on with after the file was closed, and after many other minutes', () => {
    const first = opened();
    first.commit(burst.slice(0, 5));
    first.close();

    const { commit, history } = opened(first.file);
    commit(burst.slice(5, 10));
    const others = Array.from({ length: 9 }, (_, i) => aMeterReading({ timestamp: START + (i + 1) * MINUTE }));
    for (const reading of others) commit([reading]);
    commit(burst.slice(10));

    expect(history()).toEqual([...burst, ...others]);
  });

  it('hold nothing of a commit that was undone, even of one that filled them', () => {
    const { commit, history, rows } = opened();
    commit(burst.slice(0, 3));
    const before = rows();

    commit([...burst.slice(3), aMeterReading({ timestamp: START, kwh: 9 })], true);
    expect(rows()).toEqual(before);

    expect(new Set(statuses(commit(burst.slice(3))))).toEqual(new Set(['stored']));
    expect(history()).toEqual(burst);
  });

  it('are paged in the order of time, though a page ends within a minute', () => {
    const { database, commit } = opened();
    commit(burst.toReversed());
    const queries = new StreamQueries(database, meters);
    const found: Reading[] = [];
    for (let after: number | undefined; ; after = found.at(-1)?.timestamp) {
      const page = queries.history('M-1', window, { limit: 7, ...(after !== undefined && { after }) });
      found.push(...page);
      if (page.length < 7) break;
    }

    expect(found).toEqual(burst);
  });

  it('end up with the same readings in whatever order and company they came', () => {
    const deviceId = fc.constantFrom('M-1', 'M-2', 'M-3');
    const timestamp = fc.integer({ min: 0, max: 2 * MINUTE - 1 }).map((ms) => START + ms - (ms % 100));
    const reading = fc.record({ deviceId, timestamp, kwh: fc.constantFrom(0.1, 0.2) }).map(aMeterReading);
    const commits = fc.array(
      fc.record({ readings: fc.array(reading, { minLength: 1, maxLength: 150 }), atomic: fc.boolean() }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(commits, (all) => {
        const { commit, history, close } = opened();
        const kept = new Map<string, Reading>();
        for (const { readings, atomic } of all) {
          const next = new Map(kept);
          const expected = readings.map((reading) => {
            const key = `${reading.deviceId} ${reading.timestamp}`;
            const stored = next.get(key);
            if (stored === undefined) next.set(key, reading);
            return stored === undefined ? 'stored' : stored.energy === reading.energy ? 'duplicate' : 'conflict';
          });
          expect(statuses(commit(readings, atomic))).toEqual(expected);
          if (!atomic || !expected.includes('conflict')) for (const [key, value] of next) kept.set(key, value);
        }
        for (const id of ['M-1', 'M-2', 'M-3']) {
          const expected = [...kept.values()].filter((reading) => reading.deviceId === id);
          expect(history(id)).toEqual(expected.sort((a, b) => a.timestamp - b.timestamp));
        }
        close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a file of version 1, in which each reading had a row', () => {
  function aFileOfVersion1() {
    const { file, database, commit, close } = opened();
    const readings = [...burst, aMeterReading({ deviceId: 'M-2', timestamp: START + MINUTE }), aVehicleReading()];
    commit(readings);
    for (const [kind, measured] of [
      ['meter', ['voltage']],
      ['vehicle', ['soc', 'batteryTemp']],
    ] as const) {
      const columns = ['energy', 'receivedAt', ...measured];
      database.exec(`DROP TABLE ${kind}_history; CREATE TABLE ${kind}_history (
        minute INTEGER NOT NULL, device INTEGER NOT NULL, timestamp INTEGER NOT NULL,
        ${columns.map((column) => `${column} REAL NOT NULL`).join(', ')},
        PRIMARY KEY (minute, device, timestamp)) STRICT, WITHOUT ROWID`);
      const insert = database.prepare(`INSERT INTO ${kind}_history
        VALUES (?, (SELECT number FROM ${kind}_devices WHERE id = ?), ?, ${columns.map(() => '?').join(', ')})`);
      for (const reading of readings.filter((reading) => reading.kind === kind)) {
        const values = columns.map((column) => (reading as unknown as Record<string, number>)[column] as number);
        insert.run(Math.floor(reading.timestamp / MINUTE), reading.deviceId, reading.timestamp, ...values);
      }
    }
    database.exec('PRAGMA user_version = 1');
    close();
    return file;
  }

  it('is taken over with all that is in it, once', () => {
    const file = aFileOfVersion1();
    for (const database of [opened(file), opened(file)]) {
      expect(database.history()).toEqual(burst);
      expect(database.history('M-2')).toHaveLength(1);
      expect(database.live()).toEqual(burst.at(-1));
      expect(new LiveQueries(database.database, tablesOf('vehicle')).newest('EV-1')).toEqual(aVehicleReading());
      expect(statuses(database.commit(burst))).toEqual(burst.map(() => 'duplicate'));
      expect(database.rows()).toHaveLength(4);
      database.close();
    }
  });

  it('is refused by who only reads, before it was taken over', () => {
    expect(() => openForReading(aFileOfVersion1())).toThrow('schema version 1, this engine reads version 2');
  });
});
