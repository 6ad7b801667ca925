import { type ClientSession, type Db, type Document, Long, type MongoClient } from 'mongodb';
import { insertAll } from '#adapters/outbound/mongodb/server/insert-all';
import { kwhFromMilliwattHours, type MilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { type Kind, kinds, measuredFields, streams } from '#domain/streams/streams';
import { floorTo, HOUR, MINUTE } from '#domain/time/time';

export const DATABASE = 'driver';

interface HistoryDocument extends Document {
  readonly _id: Readonly<Record<string, string | Date>>;
}
interface DeviceDocument extends Document {
  readonly _id: string;
  readonly hour: Date;
}
interface SumDocument extends Document {
  readonly _id: Readonly<Record<string, Date | number>>;
}
const CLUSTERED = { clusteredIndex: { key: { _id: 1 }, unique: true } };

export async function createCollections(db: Db): Promise<void> {
  for (const kind of kinds) {
    await db.createCollection(`${kind}_history`, CLUSTERED);
    await db.createCollection(`${kind}_devices`);
  }
  await db.createCollection('fleet_sums', CLUSTERED);
}

/**
 * The engine's transaction when no reading is late: insert history, move devices to a new hour, add to the minutes and
 * hours of this lane. Journaled and acknowledged by the majority.
 */
export class DriverLane {
  readonly #session: ClientSession;
  readonly #db: Db;
  readonly #lane: number;
  readonly #hours = new Map<string, number>();

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
        await this.#addToSums(readings);
      },
      { writeConcern: { w: 'majority', j: true } },
    );
  }

  async #store(kind: Kind, readings: readonly Reading[]): Promise<void> {
    const session = this.#session;
    const history = this.#db.collection<HistoryDocument>(`${kind}_history`);
    await insertAll(history, readings.map(toHistory), session);
    const moves = readings.flatMap(({ deviceId: _id, timestamp }) => {
      const hour = floorTo(HOUR, timestamp);
      if (hour <= (this.#hours.get(_id) ?? 0)) return [];
      this.#hours.set(_id, hour);
      return [{ updateOne: { filter: { _id }, update: { $max: { hour: new Date(hour) } }, upsert: true } }];
    });
    const devices = this.#db.collection<DeviceDocument>(`${kind}_devices`);
    if (moves.length > 0) await devices.bulkWrite(moves, { session, ordered: false });
  }

  async #addToSums(readings: readonly Reading[]): Promise<void> {
    const updates = [...this.#sums(readings, 'minute', MINUTE), ...this.#sums(readings, 'hour', HOUR)];
    const collection = this.#db.collection<SumDocument>('fleet_sums');
    await collection.bulkWrite(updates, { session: this.#session, ordered: false });
  }

  #sums(readings: readonly Reading[], bucket: string, width: number) {
    const buckets = new Map<number, Record<string, number>>();
    for (const { kind, timestamp, energy } of readings) {
      const start = floorTo(width, timestamp);
      const sums = buckets.get(start) ?? {};
      sums[`${kind}Energy`] = (sums[`${kind}Energy`] ?? 0) + energy;
      sums[`${kind}Readings`] = (sums[`${kind}Readings`] ?? 0) + 1;
      buckets.set(start, sums);
    }
    return [...buckets].map(([start, sums]) => ({
      updateOne: {
        filter: { _id: { [bucket]: new Date(start), lane: this.#lane } },
        update: { $inc: asLongs(sums) },
        upsert: true,
      },
    }));
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

function values(reading: Reading): Document {
  const document: Document = { [streams[reading.kind].energyField]: kwhFromMilliwattHours(reading.energy) };
  for (const field of measuredFields(reading.kind)) document[field] = measuredValue(reading, field);
  document.receivedAt = new Date(reading.receivedAt);
  return document;
}
