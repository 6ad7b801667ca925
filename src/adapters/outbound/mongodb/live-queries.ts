import type { HotStore, LivePageQuery } from '#application/ports/hot-store';
import type { Reading } from '#domain/reading';
import type { Kind } from '#domain/streams';
import type { Collections } from './collections.ts';
import { answeredInTime } from './driver-errors.ts';
import { fromLiveDocument } from './live-document.ts';

/** Live state, read by device id. */
export class LiveQueries implements HotStore {
  readonly #collections: Collections;

  constructor(collections: Collections) {
    this.#collections = collections;
  }

  async newest(kind: Kind, deviceId: string): Promise<Reading | undefined> {
    const document = await answeredInTime(this.#collections.live[kind].findOne({ _id: deviceId }));
    return document ? fromLiveDocument(kind, document) : undefined;
  }

  async page(kind: Kind, { after, limit, olderThan }: LivePageQuery): Promise<readonly Reading[]> {
    const filter = {
      ...(after === undefined ? {} : { _id: { $gt: after } }),
      ...(olderThan === undefined ? {} : { timestamp: { $lt: new Date(olderThan) } }),
    };
    const page = this.#collections.live[kind].find(filter, { sort: { _id: 1 }, limit, batchSize: limit + 1 });
    return (await answeredInTime(page.toArray())).map((document) => fromLiveDocument(kind, document));
  }
}
