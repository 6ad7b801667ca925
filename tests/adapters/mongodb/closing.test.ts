import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HourClosing } from '#adapters/outbound/mongodb/hours/hour-closing';
import { hourCollections } from '#adapters/outbound/mongodb/hours/hour-documents';
import type { MongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { AuditHistory } from '#application/upkeep/audit-history';
import type { Reading } from '#domain/reading/reading';
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time/time';
import { totalsOf } from '#testing/contracts/questions';
import { aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from '#tests/support/mongodb-database';

const HOURS = 4;
const DEVICES = 40;
/** Of two processes each. Starting them is what takes time. */
const KILL_ROUNDS = 4;
const COMMITS_PER_ROUND = 6;
const window = { from: START, to: START + HOURS * HOUR };
const FIRST_HOUR = { kind: 'vehicle', hour: START } as const;

describe('closing hours on MongoDB', () => {
  let database: TemporaryDatabase;
  let store: MongoDbStore;
  let sent: Reading[];

  beforeEach(async () => {
    database = temporaryDatabase();
    store = await openMongoDbStore(database);
    onTestFinished(() => store.close());
    sent = [];
  });

  /** Commits one reading of every device at this second of the window. */
  async function commitAt(second: number): Promise<void> {
    const readings = Array.from({ length: DEVICES }, (_, n) =>
      aVehicleReading({ deviceId: `EV-${n}`, timestamp: START + second * SECOND, kwh: (second + n + 1) / 1e6 }),
    );
    await store.writer.commit(readings);
    sent.push(...readings);
  }

  async function differences(): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const difference of new AuditHistory(store).audit(window)) found.push(difference);
    return found;
  }

  it('keeps one generation of sums, which is replaced after a late reading', async () => {
    const { deviceHours, closedHours } = hourCollections(driverOf(database));
    await commitAt(0);
    await closeHours(store);
    await commitAt(1);
    await closeHours(store);

    expect(await deviceHours.countDocuments()).toBe(DEVICES);
    expect((await closedHours.findOne())?.readings).toBe(2 * DEVICES);
    expect(
      await closedHours.findOne({ $or: [{ claim: { $exists: true } }, { discarded: { $exists: true } }] }),
    ).toBeNull();
    expect(await differences()).toEqual([]);
  });

  it('takes over from a process that died, whose documents are ignored and deleted', async () => {
    const { deviceHours, closedHours } = hourCollections(driverOf(database));
    await commitAt(0);
    const [dead, hour, day] = [new ObjectId(), new Date(START), new Date(START - (START % DAY))];
    await closedHours.insertOne({
      _id: { stream: 'vehicle', hour },
      claim: { generation: dead, until: new Date(Date.now() - SECOND) },
    });
    const stray = { stream: 'vehicle', day, device: 'EV-1', hour, generation: dead } as const;
    await deviceHours.insertOne({ _id: stray, energy: 7, readings: 1, least: 7, most: 7 });

    expect(await store.cold.deviceTotals('vehicle', 'EV-1', window)).toEqual(totalsOf(sent, 'vehicle', 'EV-1', window));
    await store.upkeep.rollups.close(FIRST_HOUR);

    expect(await differences()).toEqual([]);
    expect(await deviceHours.countDocuments({ '_id.generation': dead })).toBe(0);
    expect(await deviceHours.countDocuments()).toBe(DEVICES);
  });

  it('waits for another process that is closing the hour, and uses its sums', async () => {
    const { closedHours } = hourCollections(driverOf(database));
    await commitAt(0);
    const [_id, generation] = [{ stream: 'vehicle', hour: new Date(START) } as const, new ObjectId()];
    await closedHours.insertOne({ _id, claim: { generation, until: new Date(Date.now() + MINUTE) } });

    let isClosed = false;
    const closing = store.upkeep.rollups.close(FIRST_HOUR).then(() => {
      isClosed = true;
    });
    await sleep(400);
    expect(isClosed).toBe(false);
    await closedHours.updateOne(
      { _id },
      { $set: { readings: DEVICES, generation, withMinutes: generation }, $unset: { claim: 1 } },
    );
    await closing;

    expect((await closedHours.findOne({ _id }))?.generation).toEqual(generation);
  });

  it('deletes the old generation of a process that died after publishing', async () => {
    const { deviceHours, closedHours } = hourCollections(driverOf(database));
    await commitAt(0);
    await closeHours(store);
    const [old, hour, day] = [new ObjectId(), new Date(START), new Date(START - (START % DAY))];
    await closedHours.updateOne({ _id: { stream: 'vehicle', hour } }, { $set: { discarded: [old] } });
    const stray = { stream: 'vehicle', day, device: 'EV-1', hour, generation: old } as const;
    await deviceHours.insertOne({ _id: stray, energy: 7, readings: 1, least: 7, most: 7 });

    expect(await store.upkeep.rollups.unclosed(Infinity, 10)).toEqual([]);

    expect(await deviceHours.countDocuments()).toBe(DEVICES);
    expect(await closedHours.findOne({ discarded: { $exists: true } })).toBeNull();
  });

  it('never changes an answer while readings arrive: every acknowledged reading counts, and none twice', async () => {
    const other = await openMongoDbStore(database);
    onTestFinished(() => other.close());
    let arriving = true;
    const ingest = (async () => {
      for (let round = 0; round < 60; round++) await commitAt((round * 379) % (HOURS * 3600));
      arriving = false;
    })();
    const closing = [store, other].map(async (closer) => {
      while (arriving) await closeHours(closer);
    });

    let queries = 0;
    while (arriving) {
      const before = totalsOf(sent, 'vehicle', 'EV-3', window);
      const answer = await other.cold.deviceTotals('vehicle', 'EV-3', window);
      const all = await store.cold.totalsByDevice('vehicle', window);
      await sleep(1);
      const after = totalsOf(sent, 'vehicle', 'EV-3', window).readings + 1; // one may be committed and not yet acknowledged
      expect(answer.readings).toBeGreaterThanOrEqual(before.readings);
      expect(answer.readings).toBeLessThanOrEqual(after);
      expect(all.get('EV-3')?.readings ?? 0).toBeGreaterThanOrEqual(answer.readings);
      queries++;
    }
    await Promise.all([ingest, ...closing]);

    expect(queries).toBeGreaterThan(5);
    await closeHours(store);
    expect(await differences()).toEqual([]);
    expect(await store.cold.deviceTotals('vehicle', 'EV-3', window)).toEqual(totalsOf(sent, 'vehicle', 'EV-3', window));
  });

  it('publishes nothing when another process has closed the hour and dropped its history meanwhile', async () => {
    await commitAt(0);
    const db = driverOf(database);
    const collections = hourCollections(db);
    let looks = 0;
    const closedHours = replaced(collections.closedHours, 'findOne', async (filter: Document) => {
      const found = await collections.closedHours.findOne(filter);
      if (looks++ === 0) {
        await store.upkeep.rollups.close(FIRST_HOUR);
        await store.upkeep.retention.dropBefore(START + HOUR);
      }
      return found;
    });

    await new HourClosing(db.client, { ...collections, closedHours }).close(FIRST_HOUR);

    expect((await collections.closedHours.findOne())?.claim).toBeUndefined();
    const [live, left] = await Promise.all([
      store.hot.page('vehicle', { limit: 100 }),
      collections.history.vehicle.countDocuments(),
    ]);
    expect(left).toBe(live.length);
    expect(await store.cold.deviceTotals('vehicle', 'EV-1', window)).toEqual(totalsOf(sent, 'vehicle', 'EV-1', window));
    expect(await differences()).toEqual([]);
  });

  it('leaves nothing behind when it stalls and another process takes the hour', async () => {
    await commitAt(0);
    const db = driverOf(database);
    const { closedHours, deviceHours, history, ...others } = hourCollections(db);
    const vehicle = replaced(history.vehicle, 'aggregate', (...sums: Parameters<typeof history.vehicle.aggregate>) => ({
      toArray: async () => {
        await closedHours.updateOne({ claim: { $exists: true } }, { $set: { 'claim.until': new Date(0) } });
        await store.upkeep.rollups.close(FIRST_HOUR);
        return history.vehicle.aggregate(...sums).toArray();
      },
    }));
    const collections = { ...others, closedHours, deviceHours, history: { ...history, vehicle } };

    await new HourClosing(db.client, collections).close(FIRST_HOUR);

    expect(await deviceHours.countDocuments()).toBe(DEVICES);
    expect(await differences()).toEqual([]);
  });

  it('sums at least what it counted, even on another shard or a new primary: each read is causally after the one before', async () => {
    await commitAt(0);
    const db = driverOf(database);
    await db.command({ profile: 2 });
    await store.upkeep.rollups.close(FIRST_HOUR);
    await db.command({ profile: 0 });

    const [compute] = await db
      .collection<{ command: Document }>('system.profile')
      .find({ 'command.pipeline.$merge': { $exists: true } })
      .toArray();
    expect(compute?.command.readConcern).toMatchObject({ level: 'majority', afterClusterTime: expect.anything() });
    expect(compute?.command.writeConcern).toMatchObject({ w: 'majority', j: true });
  });

  it('is never wrong when processes are killed in the middle of it', async () => {
    const { closedHours } = hourCollections(driverOf(database));
    const claims = () => closedHours.countDocuments({ claim: { $exists: true } });
    const leftovers = () =>
      closedHours.countDocuments({ $or: [{ claim: { $exists: true } }, { discarded: { $exists: true } }] });
    let commits = 0;
    let cutOff = 0;
    for (let round = 1; round <= KILL_ROUNDS; round++) {
      const processes = await Promise.all([startClosing(), startClosing()]);
      do await commitAt((commits++ * 607) % (HOURS * 3600));
      while (commits < round * COMMITS_PER_ROUND || (await claims()) === 0); // until one is caught in the act
      await sleep((round - 1) * 6); // a little later in each round
      for (const process of processes) process.kill('SIGKILL');
      await Promise.all(processes.map((process) => once(process, 'exit')));
      cutOff += await leftovers();

      for (const deviceId of ['EV-0', `EV-${DEVICES - 1}`]) {
        const answer = await store.cold.deviceTotals('vehicle', deviceId, window);
        expect(answer).toEqual(totalsOf(sent, 'vehicle', deviceId, window));
      }
      expect(await differences()).toEqual([]);
      // As if 10 s had passed: the next round closes hours instead of waiting for these claims to expire.
      await closedHours.updateMany({ claim: { $exists: true } }, { $set: { 'claim.until': new Date(0) } });
    }
    expect(cutOff).toBeGreaterThan(0);
    await closeHours(store);
    expect(await closedHours.countDocuments({ generation: { $exists: true } })).toBe(HOURS);
    expect(await differences()).toEqual([]);
  }, 120_000);

  async function startClosing() {
    const script = join(import.meta.dirname, 'closing-process.ts');
    const child = spawn(process.execPath, [script, database.database], {
      env: { ...process.env, MONGODB_URI: database.uri },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(child.stdout, 'data');
    return child;
  }
});

/** A collection with one method replaced. */
function replaced<T extends object>(collection: T, name: keyof T, method: (...given: never[]) => unknown): T {
  return new Proxy(collection, {
    get: (target, key) => {
      const value: unknown = key === name ? method : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
