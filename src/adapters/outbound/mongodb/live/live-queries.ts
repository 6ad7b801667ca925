import type { Collection, Filter } from 'mongodb';
import type { HotStore, LivePageQuery, LiveReadings } from '#application/ports/hot-store';
import { type LiveFilter, passesFilter } from '#domain/reading/live-state';
import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, HOUR } from '#domain/time/time';
import { fromHistoryDocument, type HistoryDocument } from '../history/history-document.ts';
import { type Branch, deviceRange, scanEach } from '../history/history-scan.ts';
import { answeredInTime } from '../server/driver-errors.ts';
import type { DeviceDocument, LiveCollections } from './device-document.ts';
import type { DeviceProgress } from './device-progress.ts';

/** Devices whose newest readings one statement looks up: some 60 us each. */
const DEVICES_PER_LOOKUP = 100;
/**
 * Devices that a page with a filter examines: one statement of some milliseconds, and a lookup for each device that its
 * hour does not exclude.
 */
const DEVICES_PER_FILTERED_PAGE = 1_000;

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

  /** The device is written in the same commit as its first reading. */
  async knows(kind: Kind, deviceId: string): Promise<boolean> {
    return (await answeredInTime(this.#find(kind, { _id: deviceId }, 1))).length > 0;
  }

  async page(kind: Kind, { after, limit, filter }: LivePageQuery): Promise<LiveReadings> {
    const max = filter === undefined ? limit : DEVICES_PER_FILTERED_PAGE;
    const following: Filter<DeviceDocument> = after === undefined ? {} : { _id: { $gt: after } };
    const found = await answeredInTime(this.#find(kind, following, max + 1)); // one more shows whether others follow
    const devices = found.slice(0, max).filter((device) => this.#mayPass(kind, device, filter));
    const readings: Reading[] = [];
    for (let at = 0; at < devices.length && readings.length <= limit; at += DEVICES_PER_LOOKUP) {
      const newest = await answeredInTime(this.#newestOf(kind, devices.slice(at, at + DEVICES_PER_LOOKUP)));
      this.#progress.advance(newest);
      readings.push(...newest.filter(({ timestamp }) => passesFilter(filter, timestamp)));
    }
    if (readings.length > limit)
      return { readings: readings.slice(0, limit), next: readings[limit - 1]?.deviceId ?? null };
    return { readings, next: found.length > max ? (found[max - 1]?._id ?? null) : null };
  }

  /** Whether the newest reading may pass, judging by its hour and by what is known of the device. */
  #mayPass(kind: Kind, { _id, hour }: DeviceDocument, filter: LiveFilter | undefined): boolean {
    if (filter === undefined) return true;
    const [begin, end] = [hour.getTime(), hour.getTime() + HOUR];
    const known = this.#progress.newest(kind, _id) ?? begin;
    const first = known < end ? Math.max(begin, known) : begin; // it is already in another hour by now
    const { window, inside } = filter;
    return inside ? first < window.to && end > window.from : first < window.from || end > window.to;
  }

  /** Fetches the device and, optimistically, the last reading of its remembered hour in one round trip. */
  async #newest(kind: Kind, deviceId: string): Promise<Reading | undefined> {
    const { devices, history } = this.#collections;
    const known = this.#progress.hourOf(kind, deviceId);
    const device: Branch = { collection: devices[kind].collectionName, pipeline: [{ $match: { _id: deviceId } }] };
    const last = known === undefined ? [] : [lastOfHour(history[kind], kind, deviceId, known)];
    const found = await devices[kind].aggregate(scanEach([device, ...last])).toArray();
    const [current, reading] = found as [DeviceDocument?, HistoryDocument?];
    if (current === undefined) return undefined;
    if (reading !== undefined && current.hour.getTime() === known) return fromHistoryDocument(kind, reading);
    return (await this.#newestOf(kind, [current]))[0];
  }

  /** The newest readings of devices, in the order of their ids. */
  async #newestOf(kind: Kind, devices: readonly DeviceDocument[]): Promise<readonly Reading[]> {
    const history = this.#collections.history[kind];
    const readings = await lastOfHours(history, kind, devices);
    if (readings.length === devices.length) return readings;
    // A device has since reached another hour, and its previous one was dropped with the old history.
    const known = new Set(readings.map(({ deviceId }) => deviceId));
    const missing = devices.map(({ _id }) => _id).filter((id) => !known.has(id));
    const again = await this.#find(kind, { _id: { $in: missing } }, missing.length);
    return [...readings, ...(await lastOfHours(history, kind, again))].sort(byDeviceId);
  }

  #find(kind: Kind, filter: Filter<DeviceDocument>, limit: number): Promise<DeviceDocument[]> {
    return this.#collections.devices[kind].find(filter, { sort: { _id: 1 }, limit, batchSize: limit + 1 }).toArray();
  }
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
