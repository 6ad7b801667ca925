import type { MongoClient } from 'mongodb';
import type { ColdStore, HistoryQuery } from '#application/ports/cold-store';
import { yieldToEventLoop } from '#application/yield-to-event-loop';
import type { EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { HOUR, MINUTE, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { fromHistoryDocument, type HistoryDocument } from '../history/history-document.ts';
import { deviceRange, scanEach } from '../history/history-scan.ts';
import { answered, answeredInTime } from '../server/driver-errors.ts';
import { mark } from '../server/marks.ts';
import { type DeviceBucketId, type DeviceSums, toDeviceTotals, toEnergyBucket } from './device-sums.ts';
import type { HourCollections } from './hour-documents.ts';
import { planHours } from './hour-plan.ts';
import { occupiedHours } from './occupied-hours.ts';
import { BY_DEVICE, byBucket, type Grouping, sumParts, UNGROUPED } from './part-sums.ts';
import { inSnapshot } from './snapshot.ts';

/** Max hours that one statement scans for a page of history. */
const MAX_HOURS_PER_SCAN = 48;
/** What a device normally sends; if it sends more, a page only takes fewer round trips. */
const READINGS_PER_HOUR = HOUR / MINUTE;
/** Devices added up before the event loop gets its turn: takes a millisecond. */
const DEVICES_PER_YIELD = 1_000;

/**
 * The totals of a stream's devices in the window that was queried last, if all its hours were closed. Clients page
 * through a list of devices, and each page is taken from the same totals, which are expensive to sum. A generation of an
 * hour never changes, so the totals hold for any window that consists of the same generations.
 */
interface PagedTotals {
  /** The generations of the window's hours, joined. */
  readonly generations: string;
  readonly totals: ReadonlyMap<string, DeviceTotals>;
}

/** Queries about the history of devices: raw readings, and sums from closed hours wherever they hold. */
export class DeviceQueries implements Omit<ColdStore, 'fleetTotals' | 'fleetHours'> {
  readonly #client: MongoClient;
  readonly #collections: HourCollections;
  readonly #pagedTotals = new Map<Kind, PagedTotals>();

  constructor(client: MongoClient, collections: HourCollections) {
    this.#client = client;
    this.#collections = collections;
  }

  async history(kind: Kind, deviceId: string, window: TimeWindow, query: HistoryQuery): Promise<readonly Reading[]> {
    return answered(this.#history(kind, deviceId, window, query));
  }

  async deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): Promise<DeviceTotals> {
    const sums = await answeredInTime(this.#sums(kind, [deviceId], window, UNGROUPED));
    return sums.map((sum) => toDeviceTotals(kind, sum)).reduce(addDeviceTotals, noDeviceTotals(kind));
  }

  async seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): Promise<ReadonlyMap<string, EnergySeries>> {
    const sums = await answeredInTime(this.#sums(kind, deviceIds, window, byBucket(width)));
    const byDevice = Map.groupBy(sums, ({ _id }) => (_id as DeviceBucketId).device);
    const seriesOf = (own: readonly DeviceSums[]) => own.map(toEnergyBucket).sort((a, b) => a.start - b.start);
    return new Map([...byDevice].map(([device, own]) => [device, seriesOf(own)]));
  }

  /** Without a deadline: it may cover a long window of a large fleet, and also runs in the background. */
  async totalsByDevice(kind: Kind, window: TimeWindow): Promise<ReadonlyMap<string, DeviceTotals>> {
    return answered(this.#totalsByDevice(kind, window));
  }

  async #history(
    kind: Kind,
    deviceId: string,
    window: TimeWindow,
    { after = -Infinity, limit }: HistoryQuery,
  ): Promise<readonly Reading[]> {
    const horizon = (await answeredInTime(mark(this.#collections.marks, 'horizon'))) ?? -Infinity;
    const rest = { from: Math.max(window.from, after + 1, horizon), to: window.to };
    const page: Reading[] = [];
    for await (const hours of this.#scans(kind, rest, limit)) {
      // Each scan has a deadline of its own: a page that spans years of silence takes many.
      page.push(...(await answeredInTime(this.#readings(kind, deviceId, hours, limit - page.length))));
      if (page.length === limit) break;
    }
    return page;
  }

  async #totalsByDevice(kind: Kind, window: TimeWindow): Promise<ReadonlyMap<string, DeviceTotals>> {
    return inSnapshot(this.#client, async (snapshot) => {
      const plan = await planHours(this.#collections, kind, window, true, snapshot);
      const isClosed = plan.raw.length === 0;
      const generations = plan.closed.map(({ generation }) => generation.toHexString()).join(' ');
      const cached = this.#pagedTotals.get(kind);
      if (isClosed && cached?.generations === generations) return cached.totals;
      const totals = await totalsOf(
        kind,
        await sumParts(this.#collections, kind, undefined, plan, BY_DEVICE, snapshot),
      );
      if (isClosed) this.#pagedTotals.set(kind, { generations, totals });
      return totals;
    });
  }

  #sums(kind: Kind, deviceIds: readonly string[], window: TimeWindow, grouping: Grouping) {
    return inSnapshot(this.#client, async (snapshot) => {
      const plan = await planHours(this.#collections, kind, window, grouping.ofSums !== undefined, snapshot);
      return sumParts(this.#collections, kind, deviceIds, plan, grouping, snapshot);
    });
  }

  /** The occupied hours of a window in groups: first as many as the page should need, then twice as many each time. */
  async *#scans(kind: Kind, window: TimeWindow, readings: number): AsyncGenerator<readonly TimeWindow[]> {
    let size = Math.min(Math.ceil(readings / READINGS_PER_HOUR) + 1, MAX_HOURS_PER_SCAN);
    let hours: TimeWindow[] = [];
    for await (const hour of occupiedHours(this.#collections.fleet, kind, window)) {
      hours.push(hour);
      if (hours.length < size) continue;
      yield hours;
      hours = [];
      size = Math.min(size * 2, MAX_HOURS_PER_SCAN);
    }
    if (hours.length > 0) yield hours;
  }

  async #readings(
    kind: Kind,
    deviceId: string,
    hours: readonly TimeWindow[],
    limit: number,
  ): Promise<readonly Reading[]> {
    const history = this.#collections.history[kind];
    const first = [{ $sort: { _id: 1 } }, { $limit: limit }]; // the order of the scan within an hour, so nothing is sorted
    const [scan, ...others] = hours.map((hour) => ({
      collection: history.collectionName,
      pipeline: [{ $match: deviceRange(kind, deviceId, hour) }, ...first],
    }));
    if (scan === undefined) return [];
    const documents = await history
      .aggregate<HistoryDocument>([...scanEach([scan, ...others]), ...first], { batchSize: limit + 1 })
      .toArray();
    return documents.map((document) => fromHistoryDocument(kind, document));
  }
}

/** Adds up the sums of each device, yielding to the event loop now and then. */
async function totalsOf(kind: Kind, found: readonly DeviceSums[]): Promise<ReadonlyMap<string, DeviceTotals>> {
  const totals = new Map<string, DeviceTotals>();
  for (const [index, sums] of found.entries()) {
    if (index % DEVICES_PER_YIELD === 0) await yieldToEventLoop();
    const id = String(sums._id);
    const sum = toDeviceTotals(kind, sums);
    const before = totals.get(id);
    totals.set(id, before === undefined ? sum : addDeviceTotals(before, sum));
  }
  return totals;
}
