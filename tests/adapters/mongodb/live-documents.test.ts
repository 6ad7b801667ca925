import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import type { Db } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LiveDocument, liveDocumentCollections, moveForward } from '#adapters/outbound/mongodb/live/live-document';
import {
  type MongoDbStore,
  type MongoDbStoreOptions,
  openMongoDbStore,
} from '#adapters/outbound/mongodb/mongodb-store';
import type { Reading } from '#domain/reading/reading';
import { MINUTE } from '#domain/time/time';
import { openStore } from '#infrastructure/open-store';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { liveDocumentsIn, liveDocumentsOf, recordedLog, untilLogged, untilShown } from '#tests/support/live-documents';
import { startMongod } from '#tests/support/mongod';
import { driverOf, temporaryDatabase } from '#tests/support/mongodb-database';
import { noLog } from '#tests/support/no-log';

async function open(options: MongoDbStoreOptions): Promise<MongoDbStore> {
  const store = await openMongoDbStore(options);
  onTestFinished(() => store.close());
  return store;
}

const at = (minutes: number, soc = 50) => aVehicleReading({ timestamp: START + minutes * MINUTE, soc });
const COMPARED = 'debug compared live documents with the history';

describe('live documents on MongoDB', () => {
  it('show the newest reading of each device as on the wire, with its times as dates', async () => {
    const database = temporaryDatabase();
    const store = await open(database);
    const db = driverOf(database);

    await store.writer.commit([at(0), at(2, 64), aMeterReading({ kwh: 0.125 }), at(1)]);
    await untilShown(db, [at(2, 64), aMeterReading({ kwh: 0.125 })]);
    expect(Object.entries((await db.collection('vehicle_live').findOne()) ?? {})).toEqual([
      ['_id', 'EV-1'],
      ['timestamp', new Date(START + 2 * MINUTE)],
      ['kwhDeliveredDc', 0.08],
      ['soc', 64],
      ['batteryTemp', 25],
      ['receivedAt', new Date(START + 2 * MINUTE + 250)],
    ]);

    await store.writer.commit([aVehicleReading({ deviceId: 'EV-2' }), at(3)]);
    await untilShown(db, [at(3), aVehicleReading({ deviceId: 'EV-2' }), aMeterReading({ kwh: 0.125 })]);
  });

  it('are written before the store closes', async () => {
    const database = temporaryDatabase();
    const store = await open(database);
    const readings = Array.from({ length: 1_000 }, (_, n) => aMeterReading({ deviceId: `M-${n}` }));

    await store.writer.commit(readings);
    await store.close();

    expect(await liveDocumentsIn(driverOf(database))).toEqual(liveDocumentsOf(readings));
  });

  it('show every move to a change stream, with the whole state, and nothing else', async () => {
    const database = temporaryDatabase();
    const store = await open(database);
    const db = driverOf(database);
    const changes = await changesOf(db);
    const moves = [at(10, 10), at(70, 20), at(71, 30)];
    let markers = 0;
    const everythingIsWritten = async (newest: Reading) => {
      const marker = aVehicleReading({ deviceId: 'marker', timestamp: START + ++markers });
      await store.writer.commit([marker]);
      await untilShown(db, [newest, marker]);
    };

    for (const move of moves) {
      await store.writer.commit([move]);
      await everythingIsWritten(move);
      await store.writer.commit([{ ...move, timestamp: move.timestamp - 1 }]); // late
      await everythingIsWritten(move);
      await store.writer.commit([move]); // a duplicate
      await store.writer.commit([{ ...move, soc: 99 }]); // a conflict
      await everythingIsWritten(move);
    }
    await expect.poll(() => changes.filter(({ id }) => id === 'marker'), { timeout: 60_000 }).toHaveLength(markers);

    const states = changes.filter(({ id }) => id !== 'marker').map(({ state }) => state);
    expect(states).toEqual(moves.map((move) => Object.values(liveDocumentsOf([move]))[0]));
  });

  it('stay when another process writes an older reading', async () => {
    const database = temporaryDatabase();
    const db = driverOf(database);
    const [one, other] = await Promise.all([open(database), open(database)]);
    const changes = await changesOf(db);
    const second = aVehicleReading({ deviceId: 'EV-2' });

    await one.writer.commit([at(10)]);
    await untilShown(db, [at(10)]);
    await other.writer.commit([at(5), second]);
    await other.close();
    await one.close();

    await untilShown(db, [at(10), second]);
    await expect.poll(() => changes, { timeout: 60_000 }).toHaveLength(2);
    expect(changes.map(({ id }) => id)).toEqual(['EV-1', 'EV-2']);
  });

  it('only move forward, however many processes write them at once, in any order', async ({ annotate }) => {
    const database = temporaryDatabase();
    const [db, ...others] = [driverOf(database), driverOf(database), driverOf(database)] as const;
    const changes = await changesOf(db);
    const seed = randomInt(2 ** 31);
    await annotate(`seed ${seed}`);
    const readings = Array.from({ length: 90 }, (_, n) => ({ ...at(Math.floor(n / 3)), deviceId: `EV-${n % 3}` }));
    const order = fc.shuffledSubarray(readings, { minLength: readings.length });
    const orders = fc.sample(order, { seed, numRuns: 3 });

    await Promise.all(
      [db, ...others].map(async (each, which) => {
        const { vehicle } = liveDocumentCollections(each);
        const own = orders[which] ?? [];
        for (let n = 0; n < own.length; n += 5) await moveForward(vehicle, own.slice(n, n + 5));
      }),
    );

    expect(await liveDocumentsIn(db)).toEqual(liveDocumentsOf(readings.slice(-3)));
    const isLast = ({ time }: Change) => time.getTime() === at(29).timestamp;
    await expect.poll(() => changes.filter(isLast), { timeout: 60_000 }).toHaveLength(3);
    for (const device of ['EV-0', 'EV-1', 'EV-2']) {
      const times = changes.filter(({ id }) => id === device).map(({ time }) => time.getTime());
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    }
  });

  it('show a reading that is answered as a duplicate, because its own commit may have seemed to fail', async () => {
    const database = temporaryDatabase();
    const log = recordedLog();
    const store = await open({ ...database, logger: log.logger });
    await untilLogged(log, COMPARED); // so it is not the sweep that finds it
    const other = await open({ ...database, liveDocuments: false });
    await other.writer.commit([at(0)]);

    expect(await store.writer.commit([at(0)])).toEqual([{ status: 'duplicate' }]);

    await untilShown(driverOf(database), [at(0)]);
  });

  it('are neither created nor written when they are turned off, or the store is opened for an audit', async () => {
    const database = temporaryDatabase();
    const config = { kind: 'mongodb', ...database } as const;
    const stores = [
      await open({ ...database, liveDocuments: false }),
      await openStore({ ...config, liveDocuments: false }, { logger: noLog }),
      await openStore(config, { logger: noLog, readOnly: true }),
    ];
    for (const [n, store] of stores.entries()) {
      await store.writer.commit([at(n)]);
      await store.close();
    }

    const names = await driverOf(database).listCollections({}, { nameOnly: true }).toArray();
    expect(names.map(({ name }) => name)).toContain('vehicle_devices');
    expect(names.map(({ name }) => name).filter((name) => name.endsWith('_live'))).toEqual([]);
  });
});

describe('live documents, when the server', () => {
  it('refuses them, do not fail commits, and are written when it takes them again', async () => {
    const database = temporaryDatabase();
    const log = recordedLog();
    const store = await open({ ...database, logger: log.logger });
    const db = driverOf(database);
    await untilLogged(log, COMPARED);
    await db.command({ collMod: 'vehicle_live', validator: { impossible: true } });

    expect(await store.writer.commit([at(0), { ...at(0), deviceId: 'EV-2' }, aMeterReading()])).toHaveLength(3);
    await untilLogged(log, 'warn failed to write live documents; will keep trying');
    await store.writer.commit([at(1)]);
    await db.command({ collMod: 'vehicle_live', validator: {} });

    await untilShown(db, [at(1), { ...at(0), deviceId: 'EV-2' }, aMeterReading()]);
    await untilLogged(log, 'info able to write live documents again');
    expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('hangs, are written when it goes on', async () => {
    const mongod = await startMongod();
    onTestFinished(mongod.stop);
    const database = { uri: mongod.uri, database: 'energy' };
    const log = recordedLog();
    const store = await open({ ...database, logger: log.logger });
    await untilLogged(log, COMPARED);
    await store.writer.commit([at(0)]);

    process.kill(mongod.pid, 'SIGSTOP');
    onTestFinished(() => void process.kill(mongod.pid, 'SIGCONT'));
    await untilLogged(log, 'warn failed to write live documents; will keep trying');
    process.kill(mongod.pid, 'SIGCONT');

    await untilShown(driverOf(database), [at(0)]);
    await untilLogged(log, 'info able to write live documents again');
  });
});

interface Change {
  readonly id: string;
  /** The time to which the document moved. */
  readonly time: Date;
  /** The whole document, looked up when the event is sent: a later change may already be in it. */
  readonly state: unknown;
}

/** The changes of vehicles' documents from now on, as they come in. */
async function changesOf(db: Db): Promise<readonly Change[]> {
  const { operationTime } = await db.command({ ping: 1 });
  const options = { fullDocument: 'updateLookup', startAtOperationTime: operationTime };
  const stream = db.collection<LiveDocument>('vehicle_live').watch([], options);
  onTestFinished(() => stream.close());
  const changes: Change[] = [];
  stream.on('change', (change) => {
    if (!('fullDocument' in change) || change.fullDocument === undefined) return;
    const moved = change.operationType === 'update' ? change.updateDescription.updatedFields : change.fullDocument;
    changes.push({ id: change.documentKey._id, time: moved?.timestamp as Date, state: change.fullDocument });
  });
  return changes;
}
