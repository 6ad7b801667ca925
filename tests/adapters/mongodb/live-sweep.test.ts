import { expect, it, onTestFinished } from 'vitest';
import { liveCollections } from '#adapters/outbound/mongodb/live/device-document';
import { DeviceProgress } from '#adapters/outbound/mongodb/live/device-progress';
import { type LiveDocument, liveDocumentCollections } from '#adapters/outbound/mongodb/live/live-document';
import { LiveProjection } from '#adapters/outbound/mongodb/live/live-projection';
import { LiveQueries } from '#adapters/outbound/mongodb/live/live-queries';
import { PendingReadings } from '#adapters/outbound/mongodb/live/pending-readings';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { HOUR } from '#domain/time/time';
import { aReading, START } from '#testing/readings';
import { liveDocumentsIn, liveDocumentsOf, recordedLog, untilLogged, untilShown } from '#tests/support/live-documents';
import { driverOf, type TemporaryDatabase, temporaryDatabase } from '#tests/support/mongodb-database';

/** More than one step of the sweep compares. */
const DEVICES = 450;
const REPAIRED = 'info compared live documents with the history';
const UNCHANGED = 'debug compared live documents with the history';

const readingsAt = (timestamp: number): Reading[] =>
  kinds.flatMap((kind) =>
    Array.from({ length: DEVICES }, (_, n) => aReading(kind, { deviceId: `device-${n}`, timestamp: timestamp + n })),
  );

/** Commits with a store that writes no live documents, as an engine from before them, or one that was killed. */
async function commitUnseen(database: TemporaryDatabase, readings: readonly Reading[]): Promise<void> {
  const store = await openMongoDbStore({ ...database, liveDocuments: false });
  await store.writer.commit(readings);
  await store.close();
}

/** Opens the store and waits until it has compared all documents. */
async function openUntil(line: string, database: TemporaryDatabase): Promise<void> {
  const log = recordedLog();
  const store = await openMongoDbStore({ ...database, logger: log.logger });
  onTestFinished(() => store.close());
  await untilLogged(log, line);
}

it('fills a database that was made without live documents', async () => {
  const database = temporaryDatabase();
  await commitUnseen(database, readingsAt(START));

  await openUntil(REPAIRED, database);

  expect(await liveDocumentsIn(driverOf(database))).toEqual(liveDocumentsOf(readingsAt(START)));
});

it('writes the documents that are missing, behind or damaged at the next start, and leaves the others alone', async () => {
  const database = temporaryDatabase();
  await commitUnseen(database, readingsAt(START));
  await openUntil(REPAIRED, database);
  const db = driverOf(database);
  const [first, ...others] = Object.values(liveDocumentCollections(db));
  const late = readingsAt(START + HOUR).filter((_, n) => n % 100 === 7);

  await commitUnseen(database, late);
  await first?.deleteMany({ _id: { $in: ['device-0', 'device-449'] } });
  await first?.updateOne({ _id: 'device-1' }, { $set: { timestamp: new Date(START - HOUR) } });
  await first?.updateOne({ _id: 'device-2' }, { $unset: { timestamp: true } });
  await first?.replaceOne({ _id: 'device-3' }, { timestamp: 'yesterday' } as unknown as LiveDocument);
  for (const other of others) await other.deleteMany({});
  const untouched = new Date(START + 4);
  await first?.updateOne({ _id: 'device-4' }, { $set: { note: 'as new as the history' } });
  await openUntil(REPAIRED, database);

  const expected = liveDocumentsOf([...readingsAt(START), ...late]);
  const found = await liveDocumentsIn(db);
  const noted = `${kinds[0]}_live device-4`;
  expect(found[noted]).toMatchObject({ timestamp: untouched, note: 'as new as the history' });
  expect({ ...found, [noted]: expected[noted] }).toEqual(expected);

  await openUntil(UNCHANGED, database);
});

it('finds the devices for which there was no room among the pending ones', async () => {
  const database = temporaryDatabase();
  await commitUnseen(database, readingsAt(START));
  const db = driverOf(database);
  const queries = new LiveQueries(liveCollections(db), new DeviceProgress());
  const log = recordedLog();
  const projection = new LiveProjection(liveDocumentCollections(db), queries, log.logger, new PendingReadings(3));
  onTestFinished(() => projection.close());

  projection.note(readingsAt(START).slice(0, 3));
  await untilShown(db, readingsAt(START).slice(0, 3));
  expect(log.lines).toEqual([]);

  projection.note(readingsAt(START));
  await untilShown(db, readingsAt(START));
});
