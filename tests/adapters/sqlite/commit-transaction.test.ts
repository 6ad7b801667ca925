import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toOutcomes } from '#adapters/outbound/sqlite/format/commit-answer';
import { toColumns } from '#adapters/outbound/sqlite/format/commit-columns';
import { DeviceNumbers } from '#adapters/outbound/sqlite/format/device-numbers';
import { ColdQueries } from '#adapters/outbound/sqlite/reader/cold-queries';
import { LiveQueries } from '#adapters/outbound/sqlite/reader/live-queries';
import { CommitTransaction } from '#adapters/outbound/sqlite/writer/commit-transaction';
import { openForWriting } from '#adapters/outbound/sqlite/writer/database';
import type { Reading } from '#domain/reading/reading';
import { noFleetTotals } from '#domain/reading/totals';
import { DAY, MINUTE } from '#domain/time/time';
import { fleetOf } from '#testing/contracts/questions';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const day = { from: START - DAY, to: START + DAY };
const FAULTY_KWH = 0.000_066;

function database() {
  const file = join(temporaryDirectory(), 'energy.db');
  const database = openForWriting(file);
  onTestFinished(() => database.close());
  // Fails a commit late, after history and live state are written.
  database.exec(`CREATE TRIGGER fault BEFORE INSERT ON fleet_minutes WHEN NEW.energy = 66
    BEGIN SELECT RAISE(ABORT, 'planted fault'); END`);
  const transaction = new CommitTransaction(database);
  const devices = new DeviceNumbers();
  const cold = new ColdQueries(database);
  const live = new LiveQueries(database);
  return {
    file,
    database,
    transaction,
    commit: (readings: Reading[], atomic = false) => {
      const columns = toColumns(readings, transaction.fieldOrder(), devices);
      const answer = transaction.commit(columns, atomic);
      devices.learn(columns.unknown, answer.devices);
      return toOutcomes(answer, readings).map(({ status }) => status);
    },
    fleetTotals: () => cold.fleetTotals(day),
    live: (id = 'M-1') => live.newest('meter', id),
    history: (id = 'M-1') => cold.history('meter', id, day, { limit: 1000 }),
    devices: () => database.prepare('SELECT number, id FROM meter_devices').all(),
  };
}

describe('a commit that fails halfway', () => {
  const at = (minute: number) => aMeterReading({ timestamp: START + minute * MINUTE, kwh: 1 });
  const faulty = aVehicleReading({ kwh: FAULTY_KWH });

  it('throws the error and leaves nothing behind', () => {
    const { commit, fleetTotals, live, history, devices } = database();

    expect(() => commit([at(0), at(1), faulty])).toThrow('planted fault');

    expect(fleetTotals()).toEqual(noFleetTotals());
    expect([live(), history(), devices()]).toEqual([undefined, [], []]);
  });

  it('can be repeated without the fault, and each reading counts once', () => {
    const { commit, fleetTotals, live, history } = database();
    expect(() => commit([at(0), at(1), faulty])).toThrow();

    expect(commit([at(0), at(1), aVehicleReading()])).toEqual(['stored', 'stored', 'stored']);

    const sums = { meter: { energy: 2_000_000, readings: 2 }, vehicle: { energy: 80_000, readings: 1 } };
    expect(fleetTotals()).toEqual(fleetOf(sums));
    expect(live()).toEqual(at(1));
    expect(history()).toEqual([at(0), at(1)]);
  });

  it('leaves live state as it was, so that a later reading is not late', () => {
    const { commit, live } = database();
    commit([at(0)]);
    expect(() => commit([at(9), faulty])).toThrow();
    expect(live()).toEqual(at(0));

    expect(commit([at(5)])).toEqual(['stored']);
    expect(live()).toEqual(at(5));
    expect(commit([at(9)])).toEqual(['stored']);
    expect(live()).toEqual(at(9));
  });

  it('does not turn its readings into duplicates', () => {
    const { commit } = database();
    commit([at(5)]);
    expect(() => commit([at(1), at(6), faulty])).toThrow();

    expect(commit([at(1), at(6), at(6)])).toEqual(['stored', 'stored', 'duplicate']);
  });

  it('does not leave a device with a number that another device gets', () => {
    const { commit, history, devices } = database();
    expect(() => commit([aMeterReading({ deviceId: 'M-1' }), faulty])).toThrow();
    commit([aMeterReading({ deviceId: 'M-2', kwh: 2 })]);
    commit([aMeterReading({ deviceId: 'M-1', kwh: 1 })]);

    expect(devices()).toHaveLength(2);
    expect(history('M-1')).toEqual([aMeterReading({ deviceId: 'M-1', kwh: 1 })]);
    expect(history('M-2')).toEqual([aMeterReading({ deviceId: 'M-2', kwh: 2 })]);
  });
});

describe('a transaction that cannot be rolled back', () => {
  it('is rolled back by the next commit, and its readings are neither stored nor counted', () => {
    const { database: file, commit, fleetTotals, history } = database();
    const exec = file.exec.bind(file);
    file.exec = (sql) => {
      if (sql === 'ROLLBACK') throw new Error('disk I/O error');
      exec(sql);
    };
    const reading = aMeterReading({ kwh: 1 });
    expect(() => commit([reading, aVehicleReading({ kwh: FAULTY_KWH })])).toThrow('disk I/O error');

    file.exec = exec;
    expect(() => commit([reading])).toThrow('within a transaction');
    expect(commit([reading])).toEqual(['stored']);

    expect(fleetTotals().meter).toEqual({ energy: 1_000_000, readings: 1 });
    expect(history()).toEqual([reading]);
  });
});

describe('an atomic commit with a conflict', () => {
  it('leaves live state and history as they were', () => {
    const { commit, live, history } = database();
    const first = aMeterReading({ kwh: 1 });
    commit([first]);
    const later = aMeterReading({ timestamp: START + 9 * MINUTE });

    commit([later, aMeterReading({ kwh: 2 })], true);
    expect(live()).toEqual(first);
    const between = aMeterReading({ timestamp: START + 5 * MINUTE });
    expect(commit([between])).toEqual(['stored']);

    expect(live()).toEqual(between);
    expect(history()).toEqual([first, between]);
  });
});

describe('a disk that is full', () => {
  it('fails a commit that does not fit; once there is room, the same commit succeeds', () => {
    const { database: file, commit, fleetTotals } = database();
    const fits = [aMeterReading({ deviceId: 'small' })];
    const large = Array.from({ length: 2000 }, (_, i) => aMeterReading({ deviceId: `M-${i}`, kwh: 0.001 }));
    expect(commit(fits)).toEqual(['stored']);
    const pages = Number(file.prepare('PRAGMA page_count').get()?.page_count);

    file.exec(`PRAGMA max_page_count = ${pages + 4}`);
    expect(() => commit(large)).toThrow('database or disk is full');
    expect(fleetTotals().meter.readings).toBe(1);
    expect(commit(fits)).toEqual(['duplicate']);

    file.exec('PRAGMA max_page_count = 1000000');
    expect(new Set(commit(large))).toEqual(new Set(['stored']));
    expect(fleetTotals().meter).toEqual({ energy: 100_000 + 2_000_000, readings: 2001 });
  });

  it('is noticed until as much as a commit can be written again, whatever small commits do', () => {
    const { database: file, transaction, commit } = database();
    const fleet = Array.from({ length: 20_000 }, (_, n) => aMeterReading({ deviceId: `M-${n}-of-a-large-fleet` }));
    commit([aMeterReading()]);
    transaction.checkWrites();
    const cacheSize = file.prepare('PRAGMA cache_size').get();
    const pages = Number(file.prepare('PRAGMA page_count').get()?.page_count);
    file.exec(`PRAGMA max_page_count = ${pages}`);

    expect(() => commit(fleet)).toThrow('full');
    for (const [reading, outcome] of [
      [aMeterReading(), 'duplicate'],
      [aMeterReading({ timestamp: START + 1 }), 'stored'],
    ] as const) {
      expect(commit([reading])).toEqual([outcome]);
      expect(() => transaction.checkWrites()).toThrow('full');
    }

    file.exec('PRAGMA max_page_count = 1000000');
    transaction.checkWrites();
    expect(commit(fleet)).toHaveLength(fleet.length);
    expect(file.prepare("SELECT name FROM sqlite_schema WHERE name = 'write_check'").all()).toEqual([]);
    expect(file.prepare('PRAGMA cache_size').get()).toEqual(cacheSize);
    expect(file.isTransaction).toBe(false);
  });
});

describe('a file that another process is writing to', () => {
  it('fails the commit, and accepts it afterwards', () => {
    const { file, database: own, transaction, commit, live } = database();
    own.exec('PRAGMA busy_timeout = 0');
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');

    expect(() => commit([aMeterReading()])).toThrow('database is locked');
    expect(() => transaction.checkWrites()).toThrow('database is locked');

    other.exec('ROLLBACK');
    expect(commit([aMeterReading()])).toEqual(['stored']);
    transaction.checkWrites();
    expect(live()).toEqual(aMeterReading());
  });
});
