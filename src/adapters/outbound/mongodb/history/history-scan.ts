import type { Document } from 'mongodb';
import type { Kind } from '#domain/streams/streams';
import type { TimeWindow } from '#domain/time/time-window';
import { historyKey } from './history-document.ts';

/**
 * One device's readings in a window within one hour: a bounded scan of the clustered collection, which examines nothing
 * else.
 */
export function deviceRange(kind: Kind, deviceId: string, { from, to }: TimeWindow): Document {
  const begin = historyKey(kind, deviceId, from);
  return { _id: { $gte: begin, $lt: { ...begin, timestamp: new Date(to) } } };
}

/** The readings of all devices in whole hours. */
export function hourRange({ from, to }: TimeWindow): Document {
  return { _id: { $gte: { hour: new Date(from) }, $lt: { hour: new Date(to) } } };
}

/** Part of a result: a pipeline over one collection. */
export interface Branch {
  readonly collection: string;
  readonly pipeline: readonly Document[];
}

/** The results of all branches, each from a scan of its own: with `$or` the server would scan everything in between. */
export function scanEach([first, ...others]: readonly [Branch, ...Branch[]]): Document[] {
  return [
    ...first.pipeline,
    ...others.map(({ collection, pipeline }) => ({ $unionWith: { coll: collection, pipeline: [...pipeline] } })),
  ];
}
