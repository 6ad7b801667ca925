import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toOutcomes } from '#adapters/outbound/sqlite/format/commit-answer';
import { toColumns } from '#adapters/outbound/sqlite/format/commit-columns';
import { DeviceNumbers } from '#adapters/outbound/sqlite/format/device-numbers';
import { historyBlockSize } from '#adapters/outbound/sqlite/format/history-blocks';
import { tablesOf } from '#adapters/outbound/sqlite/format/stream-tables';
import { ColdQueries } from '#adapters/outbound/sqlite/reader/cold-queries';
import { LiveQueries } from '#adapters/outbound/sqlite/reader/live-queries';
import { CommitTransaction } from '#adapters/outbound/sqlite/writer/commit-transaction';
import { openForWriting } from '#adapters/outbound/sqlite/writer/database';
import type { Reading } from '#domain/reading/reading';
import { DAY, MINUTE, SECOND } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const meters = tablesOf('meter');
const PER_ROW = historyBlockSize(meters);
const window = { from: START - DAY, to: START + DAY };

function opened(file = join(temporaryDirectory(), 'energy.db')) {
  const database = openForWriting(file);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  const transaction = new CommitTransaction(database);
  const devices = new DeviceNumbers();
  const queries = new ColdQueries(database);
  return {
    file,
    database,
    close: () => database.close(),
    commit: (readings: readonly Reading[], atomic = false) => {
      const columns = toColumns(readings, transaction.fieldOrder(), devices);
      const answer = transaction.commit(columns, atomic);
      devices.learn(columns.unknown, answer.devices);
      return toOutcomes(answer, readings);
    },
    history: (id = 'M-1') => queries.history('meter', id, window, { limit: 10_000 }),
    totals: (id = 'M-1') => queries.deviceTotals('meter', id, window),
    live: (id = 'M-1') => new LiveQueries(database).newest('meter', id),
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
  aMeterReading({ timestamp: START + i * 100, kwh: (i + 1) / 1000 }),
);

describe('the rows of the history', () => {
  it('hold one minute of all devices of a block, however many commits it takes', () => {
    const { commit, rows } = opened();
    const minute = Array.from({ length: 5 * PER_ROW }, (_, i) => aMeterReading({ deviceId: `M-${i}` }));

    for (let i = 0; i < minute.length; i += 7) commit(minute.slice(i, i + 7));

    expect(rows().map(({ part }) => part)).toEqual(Array(6).fill(0)); // numbers start at 1, so the first block has one device less
    expect(rows().every(({ bytes }) => bytes <= 4_000)).toBe(true);
  });

  it('take one page each when they are full', () => {
    const { database, commit } = opened();
    const readings = Array.from({ length: 40 * PER_ROW }, (_, i) => aMeterReading({ deviceId: `M-${i}` }));
    const pages = () => Number(database.prepare('PRAGMA page_count').get()?.page_count);
    commit(readings);
    const before = pages();

    commit(readings.map((reading) => ({ ...reading, timestamp: START + MINUTE })));

    expect(pages() - before).toBeLessThan(41 + 5);
  });

  it('continue in further parts when a minute has more readings than fit', () => {
    const { commit, history, rows, totals, live } = opened();

    expect(new Set(statuses(commit(burst)))).toEqual(new Set(['stored']));

    expect(rows().map(({ part }) => part)).toEqual([0, 1, 2]);
    expect(history()).toEqual(burst);
    expect(totals().readings).toBe(burst.length);
    expect(live()).toEqual(burst.at(-1));
  });

  it('reveal duplicates and conflicts in every part, within a commit and after it', () => {
    const { commit, history } = opened();
    const twice = [...burst, ...burst];
    expect(statuses(commit(twice))).toEqual([...burst.map(() => 'stored'), ...burst.map(() => 'duplicate')]);

    expect(statuses(commit(burst))).toEqual(burst.map(() => 'duplicate'));
    const [first] = burst;
    expect(commit([aMeterReading({ timestamp: START, kwh: 9 })])).toEqual([{ status: 'conflict', stored: first }]);
    expect(history()).toEqual(burst);
  });

  it('accept late readings, even when a part fills up while they are looked up', () => {
    const { commit, history } = opened();
    const newest = aMeterReading({ timestamp: START + 59 * SECOND + 999 });
    commit([...burst.slice(0, PER_ROW), newest]);

    const late = [...burst.slice(PER_ROW), ...burst.slice(PER_ROW)];
    const expected = [...burst.slice(PER_ROW).map(() => 'stored'), ...burst.slice(PER_ROW).map(() => 'duplicate')];
    expect(statuses(commit(late))).toEqual(expected);

    expect(history()).toEqual([...burst, newest]);
  });

  it('are continued after the file was closed, and after many other minutes', () => {
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

  it('hold nothing of a commit that was rolled back, even if it filled them', () => {
    const { commit, history, rows } = opened();
    commit(burst.slice(0, 3));
    const before = rows();

    commit([...burst.slice(3), aMeterReading({ timestamp: START, kwh: 9 })], true);
    expect(rows()).toEqual(before);

    expect(new Set(statuses(commit(burst.slice(3))))).toEqual(new Set(['stored']));
    expect(history()).toEqual(burst);
  });

  it('take 15 bytes per meter reading, and four more for a column with a value that needs eight bytes', () => {
    const { commit, rows, history } = opened();
    const minutes = [{}, { voltage: 230.123_456 }, { kwh: 3_000 }, { receivedAt: START + 30 * DAY }];
    const readings = minutes.flatMap((unusual, i) => [
      aMeterReading({ timestamp: START + i * MINUTE }),
      aMeterReading({ timestamp: START + i * MINUTE + 1, ...unusual }),
    ]);

    for (const reading of readings) commit([reading]);

    expect(rows().map(({ bytes }) => bytes)).toEqual([2 * 15, 2 * 19, 2 * 19, 2 * 19]);
    expect(history()).toEqual(readings);
  });

  it('start another part when a reading would make a column too wide for the readings already there', () => {
    const { commit, rows, history } = opened();
    const odd = burst.map((reading, i) => ({ ...reading, voltage: i < PER_ROW - 5 ? 230.1 : 230.123_456 }));

    for (let i = 0; i < odd.length; i += 50) commit(odd.slice(i, i + 50));

    expect(rows().map(({ part, bytes }) => [part, bytes])).toEqual([
      [0, 251 * 15],
      [1, 210 * 19],
      [2, 56 * 19],
    ]);
    expect(history()).toEqual(odd);
  });

  it('are paged in order of time, even when a page ends within a minute', () => {
    const { database, commit } = opened();
    commit(burst.toReversed());
    const queries = new ColdQueries(database);
    const found: Reading[] = [];
    for (let after: number | undefined; ; after = found.at(-1)?.timestamp) {
      const page = queries.history('meter', 'M-1', window, { limit: 7, ...(after !== undefined && { after }) });
      found.push(...page);
      if (page.length < 7) break;
    }

    expect(found).toEqual(burst);
  });

  it('hold the same readings in whatever order and batches they arrive', () => {
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

  it('are reported with their table and key when their size is wrong', () => {
    const { database, commit, history } = opened();
    commit(burst.slice(0, 3));
    database.exec('UPDATE meter_history SET entries = substr(entries, 2), checksum = NULL');

    expect(history).toThrow(
      `(meter_history: minute ${START / MINUTE}, block 0, part 0) are damaged: 44 bytes are not a whole number of readings`,
    );
  });
});
