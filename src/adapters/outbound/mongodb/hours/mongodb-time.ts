import type { KnownTime, TimeRecord } from '#application/ports/time-record';
import { kinds } from '#domain/streams/streams';
import { toDate } from '../server/dates.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import type { HourCollections } from './hour-documents.ts';

/** The time that is known to have passed: one mark for all processes. */
export class MongoDbTime implements TimeRecord {
  readonly #marks: HourCollections['marks'];
  readonly #history: HourCollections['history'];

  constructor({ marks, history }: HourCollections) {
    this.#marks = marks;
    this.#history = history;
  }

  async read(): Promise<KnownTime | undefined> {
    return answeredInTime(this.#read());
  }

  async write({ confirmed, clock }: KnownTime): Promise<void> {
    const change = { $set: { time: toDate(confirmed), clock: toDate(clock) } };
    await answeredInTime(this.#marks.updateOne({ _id: 'confirmed' }, change, { upsert: true }));
  }

  async #read(): Promise<KnownTime | undefined> {
    const found = await this.#marks.findOne({ _id: 'confirmed' });
    if (found !== null) return { confirmed: found.time.getTime(), clock: (found.clock ?? found.time).getTime() };
    const newest = await Promise.all(
      kinds.map((kind) => this.#history[kind].findOne({}, { sort: { _id: -1 }, projection: { receivedAt: 1 } })),
    );
    const received = newest.flatMap((document) => document?.receivedAt.getTime() ?? []);
    return received.length === 0 ? undefined : { confirmed: Math.max(...received), clock: Math.max(...received) };
  }
}
