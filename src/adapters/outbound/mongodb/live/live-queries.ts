import type { Collection, Filter } from 'mongodb';
import type { HotStore, LivePageQuery } from '#application/ports/hot-store';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { fromHistoryDocument, type HistoryDocument } from '../history/history-document.ts';
import { type Branch, deviceRange, scanEach } from '../history/history-scan.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import type { DeviceDocument, LiveCollections } from './device-document.ts';
import type { DeviceProgress } from './device-progress.ts';

/** Devices whose readings are looked up by one statement: some 60 us each. */
const DEVICES_A_LOOK = 100;
/** Devices read at once to find those that may be stale: some milliseconds. */
const DEVICES_A_BATCH = 1_000;

/** Live state: the last reading of the hour that each device has reached. */
export class LiveQueries implements HotStore {
  readonly #collections: LiveCollections;
  readonly #progress: DeviceProgress;

  constructor(collections: LiveCollections, progress: DeviceProgress) {
    this.#collections = collections;
    this.#progress = progress;
  }

  async newest(kind: Kind, deviceId: string): Promise<Reading | undefined> {
    return answeredInTime(this.#newest(kind, deviceId));
  }

  async page(kind: Kind, { after, limit, olderThan = Infinity }: LivePageQuery): Promise<readonly Reading[]> {
    const page: Reading[] = [];
    for (let last = after; page.length < limit; ) {
      const most = olderThan === Infinity ? limit - page.length : DEVICES_A_BATCH;
      const devices = await answeredInTime(this.#find(kind, maybeOlderThan(olderThan, last), most));
      const unsure = devices.filter(({ _id }) => (this.#progress.newest(kind, _id) ?? -Infinity) < olderThan);
      for (let at = 0; at < unsure.length && page.length < limit; at += DEVICES_A_LOOK) {
        const readings = await answeredInTime(this.#newestOf(kind, unsure.slice(at, at + DEVICES_A_LOOK)));
        this.#progress.advance(readings);
        page.push(...readings.filter(({ timestamp }) => timestamp < olderThan).slice(0, limit - page.length));
      }
      last = devices.at(-1)?._id;
      if (devices.length < most) break;
    }
    return page;
  }

  /** With the device it asks for the last reading of the hour that this process knows of: most often one trip for two. */
  async #newest(kind: Kind, deviceId: string): Promise<Reading | undefined> {
    const { devices, history } = this.#collections;
    const known = this.#progress.hourOf(kind, deviceId);
    const itself: Branch = { collection: devices[kind].collectionName, pipeline: [{ $match: { _id: deviceId } }] };
    const last = known === undefined ? [] : [lastOfHour(history[kind], kind, deviceId, known)];
    const found = await devices[kind].aggregate(scanEach([itself, ...last])).toArray();
    const [device, reading] = found as [DeviceDocument?, HistoryDocument?];
    if (device === undefined) return undefined;
    if (reading !== undefined && device.hour.getTime() === known) return fromHistoryDocument(kind, reading);
    return (await this.#newestOf(kind, [device]))[0];
  }

  /** The newest readings of devices, in the order of their ids. */
  async #newestOf(kind: Kind, devices: readonly DeviceDocument[]): Promise<readonly Reading[]> {
    const history = this.#collections.history[kind];
    const readings = await lastOfHours(history, kind, devices);
    if (readings.length === devices.length) return readings;
    // A device has reached another hour since, and the one before was dropped with all of the old history.
    const known = new Set(readings.map(({ deviceId }) => deviceId));
    const missing = devices.map(({ _id }) => _id).filter((id) => !known.has(id));
    const again = await this.#find(kind, { _id: { $in: missing } }, missing.length);
    return [...readings, ...(await lastOfHours(history, kind, again))].sort(byDeviceId);
  }

  #find(kind: Kind, filter: Filter<DeviceDocument>, limit: number): Promise<DeviceDocument[]> {
    return this.#collections.devices[kind].find(filter, { sort: { _id: 1 }, limit, batchSize: limit + 1 }).toArray();
  }
}

/** The devices after one whose newest reading may be older, as far as its hour tells. */
function maybeOlderThan(time: EpochMillis, after: string | undefined): Filter<DeviceDocument> {
  return {
    ...(after === undefined ? {} : { _id: { $gt: after } }),
    ...(time === Infinity ? {} : { hour: { $lt: new Date(time) } }),
  };
}

async function lastOfHours(
  history: Collection<HistoryDocument>,
  kind: Kind,
  devices: readonly DeviceDocument[],
): Promise<readonly Reading[]> {
  const [first, ...others] = devices.map(({ _id, hour }) => lastOfHour(history, kind, _id, hour.getTime()));
  if (first === undefined) return [];
  const documents = await history
    .aggregate<HistoryDocument>(scanEach([first, ...others]), { batchSize: devices.length + 1 })
    .toArray();
  return documents.map((document) => fromHistoryDocument(kind, document));
}

function lastOfHour(history: Collection<HistoryDocument>, kind: Kind, deviceId: string, hour: EpochMillis): Branch {
  const range = deviceRange(kind, deviceId, { from: hour, to: hour + HOUR });
  return {
    collection: history.collectionName,
    pipeline: [{ $match: range }, { $sort: { _id: -1 } }, { $limit: 1 }], // the scan goes backwards
  };
}

function byDeviceId(a: Reading, b: Reading): number {
  return a.deviceId < b.deviceId ? -1 : 1;
}
