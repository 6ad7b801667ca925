import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreDamagedError } from '#application/errors';
import { AuditHistory, type Difference } from '#application/upkeep/audit-history';
import type { Reading } from '#domain/reading/reading';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { appUnderTest, LogLines } from '#tests/adapters/http/app-under-test';
import { flipBytes, overwriteLeaves } from '#tests/support/damaged-file';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const day = { from: START - DAY, to: START + DAY };
/** Every minute has energy of its own, so that no two rows have the same bytes. */
const at = (minute: number, deviceId = 'M-1') =>
  aMeterReading({ deviceId, timestamp: START + minute * MINUTE, kwh: (minute + 1) / 10 });
/** 300 devices are two blocks: M-0 is in the first, M-299 in the second. */
const minute = (number: number) => Array.from({ length: 300 }, (_, n) => at(number, `M-${n}`));
const DAMAGED_MINUTE = START / MINUTE + 1;
const FIRST_BLOCK = `meter_history WHERE minute = ${DAMAGED_MINUTE} AND block = 0`;

async function opened(directory: string) {
  const log = new LogLines();
  const store = await openSqliteStore({ directory, logger: log });
  onTestFinished(() => store.close());
  return { store, log };
}

/** A store with some minutes of 300 meters, after its file was damaged while it was closed. */
async function damaged(damage: (file: string) => void = (file) => flipBytes(file, FIRST_BLOCK), minutes = 3) {
  const directory = temporaryDirectory();
  const { store } = await opened(directory);
  for (let number = 0; number < minutes; number++) await store.writer.commit(minute(number));
  await store.close();
  const file = join(directory, 'energy.db');
  damage(file);
  return { ...(await opened(directory)), directory, file };
}

/** Damages the row with the live state of M-0. */
const newest = (file: string) => flipBytes(file, `meter_history WHERE minute = ${DAMAGED_MINUTE + 1} AND block = 0`);

const windowOf = (number: number) => ({ from: START + number * MINUTE, to: START + (number + 1) * MINUTE });
const statuses = (outcomes: readonly { status: string }[]) => outcomes.map(({ status }) => status);
const place = `meter_history: minute ${DAMAGED_MINUTE}, block 0, part 0`;
const message = `the meter readings of ${new Date(START + MINUTE).toISOString()} in one row (${place}) are damaged`;

describe('a row of history that changed on the disk', () => {
  it('is named instead of served', async () => {
    const { store } = await damaged();

    for (const read of [
      () => store.cold.history('meter', 'M-0', day, { limit: 10 }),
      () => store.cold.deviceTotals('meter', 'M-0', day),
      () => store.cold.totalsByDevice('meter', { from: START, to: START + HOUR }),
      () => store.upkeep.rollups.recount({ kind: 'meter', hour: START }),
    ]) {
      await expect(read()).rejects.toBeInstanceOf(StoreDamagedError);
      await expect(read()).rejects.toThrow(`${message}: its checksum is wrong`);
    }
  });

  it('does not affect other minutes, other devices and the sums of the fleet', async () => {
    const { store } = await damaged();

    expect(await store.cold.history('meter', 'M-0', windowOf(0), { limit: 10 })).toEqual([at(0, 'M-0')]);
    expect(await store.cold.history('meter', 'M-299', day, { limit: 10 })).toHaveLength(3);
    expect(await store.hot.newest('meter', 'M-0')).toEqual(at(2, 'M-0'));
    expect((await store.cold.fleetTotals(day)).meter.readings).toBe(900);
  });

  it('is not served as live state', async () => {
    const { store } = await damaged(newest);

    await expect(store.hot.newest('meter', 'M-0')).rejects.toBeInstanceOf(StoreDamagedError);
    expect(await store.hot.newest('meter', 'M-299')).toEqual(at(2, 'M-299'));

    await store.writer.commit([at(3, 'M-0')]);
    expect(await store.hot.newest('meter', 'M-0')).toEqual(at(3, 'M-0'));
  });

  it('is reported once in the log and from then on by the health check, and the store is in service', async () => {
    const { store, log } = await damaged();
    expect(store.health.warnings?.()).toEqual([]);

    for (let i = 0; i < 3; i++) await store.cold.history('meter', 'M-0', day, { limit: 10 }).catch(() => {});

    expect(store.health.warnings?.()).toEqual([`${message}: its checksum is wrong`]);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { damage: `${message}: its checksum is wrong`, file: expect.stringContaining('energy.db') } },
    ]);
    await store.health.check();
  });

  it('takes no part in the judgement of readings, which are refused rather than stored twice', async () => {
    const { store } = await damaged();
    const known = at(1, 'M-0');
    const others = [at(1, 'M-299'), at(3, 'M-0'), at(3, 'M-299')];

    const outcomes = await store.writer.commit([known, ...others, known]);

    expect(statuses(outcomes)).toEqual(['rejected', 'duplicate', 'stored', 'stored', 'rejected']);
    expect(outcomes[0]).toMatchObject({ faults: [{ code: 'store-damaged', detail: expect.stringContaining(place) }] });
    expect((await store.cold.fleetTotals(day)).meter.readings).toBe(902);
    expect(store.health.warnings?.()).toHaveLength(1);
  });

  it('fails an all-or-nothing batch, of which nothing is stored', async () => {
    const { store } = await damaged();

    const outcomes = await store.writer.commit([at(1, 'M-0'), at(3)], { atomic: true });

    expect(statuses(outcomes)).toEqual(['rejected', 'withheld']);
    expect((await store.cold.fleetTotals(day)).meter.readings).toBe(900);
  });

  it('is followed by a new part, whose readings are known from then on', async () => {
    const { store, directory } = await damaged(newest);
    const fresh = { ...at(2, 'M-0'), timestamp: START + 2 * MINUTE + 1 };

    expect(statuses(await store.writer.commit([fresh]))).toEqual(['stored']);
    expect(statuses(await store.writer.commit([fresh]))).toEqual(['duplicate']);
    await store.close();
    const { store: again } = await opened(directory);

    expect(statuses(await again.writer.commit([fresh, at(2, 'M-0')]))).toEqual(['duplicate', 'rejected']);
  });

  it('does not keep the history of hours with sums from being dropped', async () => {
    const directory = temporaryDirectory();
    const { store: first } = await opened(directory);
    for (const number of [0, 1, 2]) await first.writer.commit(minute(number));
    await closeHours(first);
    await first.close();
    flipBytes(join(directory, 'energy.db'), FIRST_BLOCK);
    const { store } = await opened(directory);

    expect(await store.upkeep.retention.dropBefore(START + HOUR)).toBe(START + HOUR);

    expect(await store.cold.history('meter', 'M-0', day, { limit: 10 })).toEqual([]);
    expect(await store.hot.newest('meter', 'M-0')).toEqual(at(2, 'M-0'));
  });
});

describe('a row from before there were checksums', () => {
  /** Turns the file into one of schema version 3. */
  function downgrade(file: string): void {
    const database = new DatabaseSync(file);
    for (const kind of ['meter', 'vehicle']) {
      database.exec(`ALTER TABLE ${kind}_history DROP COLUMN checksum`);
      for (const count of ['minutes', 'shiftedMinutes', 'activeMinutes']) {
        database.exec(`ALTER TABLE ${kind}_hours DROP COLUMN ${count}`);
      }
    }
    database.exec('DROP TABLE owner; PRAGMA application_id = 0; PRAGMA user_version = 3');
    database.close();
  }

  it('is read without one, and gets one when readings are added to it', async () => {
    const { store, directory, file } = await damaged(downgrade);
    expect(await store.cold.history('meter', 'M-0', day, { limit: 10 })).toHaveLength(3);
    const more = { ...at(2, 'M-0'), timestamp: START + 2 * MINUTE + 1 };

    expect(statuses(await store.writer.commit([more, at(1, 'M-0')]))).toEqual(['stored', 'duplicate']);
    await store.close();

    const database = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => database.close());
    expect(database.prepare('SELECT minute FROM meter_history WHERE checksum IS NOT NULL').all()).toEqual([
      { minute: START / MINUTE + 2 },
    ]);
    const { store: again } = await opened(directory);
    expect(await again.cold.history('meter', 'M-0', day, { limit: 10 })).toHaveLength(4);
  });
});

describe('pages of the history that were overwritten', () => {
  const overwritten = () => damaged((file) => overwriteLeaves(file, 'meter_history', 4), 12);

  it('fail the reads that need them as damaged, and no others', async () => {
    const { store } = await overwritten();

    await expect(store.cold.history('meter', 'M-0', windowOf(0), { limit: 10 })).rejects.toThrow(
      'the data file is damaged: database disk image is malformed',
    );
    expect(await store.cold.history('meter', 'M-0', windowOf(11), { limit: 10 })).toHaveLength(1);
    expect(store.health.warnings?.()).toEqual(['the data file is damaged: database disk image is malformed']);
  });

  it('do not fail requests that share a commit with one that needs them', async () => {
    const { store } = await overwritten();
    const group = new GroupCommitWriter(store.writer);
    const requests = [[at(11)], [at(0, 'M-0')], [at(12), at(12, 'M-0')], [aVehicleReading()]];

    const answers = await Promise.allSettled(requests.map((readings) => group.commit(readings)));

    expect(answers.map((answer) => (answer.status === 'fulfilled' ? statuses(answer.value) : 'failed'))).toEqual([
      ['duplicate'],
      'failed',
      ['stored', 'stored'],
      ['stored'],
    ]);
  });
});

describe('pages of live state that were overwritten', () => {
  it('fail only the requests that need them, although all were committed together', async () => {
    const { store } = await damaged((file) => overwriteLeaves(file, 'meter_live', 1));
    const group = new GroupCommitWriter(store.writer);
    const requests: readonly Reading[] = [at(5), at(6), aVehicleReading()];

    const answers = await Promise.allSettled(requests.map((reading) => group.commit([reading])));

    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});

describe('over HTTP', () => {
  it('damage is a problem that names its place; the service stays ready and lists it', async () => {
    const { store } = await damaged();
    const { app } = appUnderTest(store, { acceptedTime: { maxFuture: Infinity, maxAge: Infinity } });
    const time = new Date(START + MINUTE).toISOString();
    const reading = { meterId: 'M-0', kwhConsumedAc: 0.1, voltage: 230, timestamp: time };
    const post = (body: unknown) =>
      app.request('/v1/ingest', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const code = 'store-damaged';

    const history = await app.request(`/v1/meters/M-0/history?from=${time}&to=${new Date(START + HOUR).toISOString()}`);
    const single = await post(reading);
    const batch = await post([reading, { ...reading, meterId: 'M-new' }]);
    const ready = await app.request('/health/ready');

    for (const answer of [history, single]) {
      expect(answer.status).toBe(500);
      expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(message), errors: [{ code }] });
    }
    expect(batch.status).toBe(207);
    expect(await batch.json()).toMatchObject({
      stored: 1,
      rejected: 1,
      results: [{ index: 0, status: 'rejected', code }],
    });
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ready', warnings: [expect.stringContaining(message)] });
  });
});

describe('an audit', () => {
  it('lists damaged rows with their places and goes on', async () => {
    const { store } = await damaged((file) => {
      flipBytes(file, FIRST_BLOCK);
      flipBytes(file, FIRST_BLOCK.replace('block = 0', 'block = 1'));
    });
    await store.writer.commit([at(70)]);

    const found: Difference[] = [];
    for await (const difference of new AuditHistory(store).audit({ from: START, to: START + 2 * HOUR })) {
      found.push(difference);
    }

    expect(found).toMatchObject([{ kind: 'meter', hour: START, sum: 'damage' }]);
    expect(found[0]?.damage).toContain(place);
    expect(found[0]?.damage).toContain(place.replace('block 0', 'block 1'));
  });
});
