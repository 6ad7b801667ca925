import { type ClientSession, type Db, type Document, Long, type MongoClient } from 'mongodb';
import { kwhFromMilliwattHours, type MilliwattHours } from '#domain/energy';
import { measuredValue, type Reading } from '#domain/reading';
import { type Kind, kinds, measuredFields, streams } from '#domain/streams';
import { floorTo, HOUR, MINUTE } from '#domain/time';

export const DATABASE = 'driver';

interface HistoryDocument extends Document {
  readonly _id: Readonly<Record<string, string | Date>>;
}
interface LiveDocument extends Document {
  readonly _id: string;
  readonly timestamp: Date;
}
interface MinuteDocument extends Document {
  readonly _id: { readonly minute: Date; readonly lane: number };
}

export async function createCollections(db: Db): Promise<void> {
  for (const kind of kinds) {
    await db.createCollection(`${kind}_history`, { clusteredIndex: { key: { _id: 1 }, unique: true } });
    await db.createCollection(`${kind}_live`);
  }
  await db.createCollection('fleet_minutes');
}

/**
 * The transaction of the design where nothing is late: read the batch's live documents, insert history, replace live
 * state, add to the fleet minutes of this lane. Journaled and acknowledged by the majority.
 */
export class DriverLane {
  readonly #session: ClientSession;
  readonly #db: Db;
  readonly #lane: number;

  constructor(client: MongoClient, lane: number) {
    this.#session = client.startSession();
    this.#db = client.db(DATABASE);
    this.#lane = lane;
  }

  async commit(readings: readonly Reading[]): Promise<void> {
    await this.#session.withTransaction(
      async () => {
        for (const kind of kinds) {
          const ofKind = readings.filter((reading) => reading.kind === kind);
          if (ofKind.length > 0) await this.#store(kind, ofKind);
        }
        await this.#addToMinutes(readings);
      },
      { writeConcern: { w: 'majority', j: true } },
    );
  }

  async #store(kind: Kind, readings: readonly Reading[]): Promise<void> {
    const session = this.#session;
    const live = this.#db.collection<LiveDocument>(`${kind}_live`);
    const newest = new Map(readings.map((reading) => [reading.deviceId, reading]));
    const ids = [...newest.keys()];
    const known = await live.find({ _id: { $in: ids } }, { session, projection: { timestamp: 1 } }).toArray();
    for (const { _id, timestamp } of known) {
      if (timestamp.getTime() >= (newest.get(_id)?.timestamp ?? 0)) throw new Error(`a late reading of ${_id}`);
    }
    const history = this.#db.collection<HistoryDocument>(`${kind}_history`);
    await history.insertMany(readings.map(toHistory), { session, ordered: false });
    if (known.length > 0) await live.deleteMany({ _id: { $in: ids } }, { session });
    await live.insertMany([...newest.values()].map(toLive), { session, ordered: false });
  }

  async #addToMinutes(readings: readonly Reading[]): Promise<void> {
    const minutes = new Map<number, Record<string, number>>();
    for (const { kind, timestamp, energy } of readings) {
      const minute = floorTo(MINUTE, timestamp);
      const sums = minutes.get(minute) ?? {};
      sums[`${kind}Energy`] = (sums[`${kind}Energy`] ?? 0) + energy;
      sums[`${kind}Readings`] = (sums[`${kind}Readings`] ?? 0) + 1;
      minutes.set(minute, sums);
    }
    const updates = [...minutes].map(([minute, sums]) => ({
      updateOne: {
        filter: { _id: { minute: new Date(minute), lane: this.#lane } },
        update: { $inc: asLongs(sums) },
        upsert: true,
      },
    }));
    const collection = this.#db.collection<MinuteDocument>('fleet_minutes');
    await collection.bulkWrite(updates, { session: this.#session, ordered: false });
  }
}

function asLongs(sums: Readonly<Record<string, MilliwattHours>>): Record<string, Long> {
  return Object.fromEntries(Object.entries(sums).map(([field, sum]) => [field, Long.fromNumber(sum)]));
}

function toHistory(reading: Reading): HistoryDocument {
  const hour = new Date(floorTo(HOUR, reading.timestamp));
  const timestamp = new Date(reading.timestamp);
  return { _id: { hour, [streams[reading.kind].idField]: reading.deviceId, timestamp }, ...values(reading) };
}

function toLive(reading: Reading): LiveDocument {
  return { _id: reading.deviceId, timestamp: new Date(reading.timestamp), ...values(reading) };
}

function values(reading: Reading): Document {
  const document: Document = { [streams[reading.kind].energyField]: kwhFromMilliwattHours(reading.energy) };
  for (const field of measuredFields(reading.kind)) document[field] = measuredValue(reading, field);
  document.receivedAt = new Date(reading.receivedAt);
  return document;
}
