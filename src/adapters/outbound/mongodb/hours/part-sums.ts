import type { Kind } from '#domain/streams/streams';
import { DAY, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { type Branch, deviceRange, hourRange, scanEach } from '../history/history-scan.ts';
import { fieldsOf } from '../history/reading-fields.ts';
import { addSums, type DeviceSums, type SumOptions, sumReadings } from './device-sums.ts';
import { dayRange, type HourCollections } from './hour-documents.ts';
import type { HourPlan } from './hour-plan.ts';
import type { Snapshot } from './snapshot.ts';

/** How sums are grouped: an expression over hourly sums, and one over readings. */
export interface Grouping extends SumOptions {
  /** `undefined` when hourly sums are too coarse. */
  readonly ofSums: unknown;
  ofReadings(kind: Kind): unknown;
}

/** What totals are made of. */
const TOTALS: SumOptions = { extremes: false, minutes: true };
export const UNGROUPED: Grouping = { ...TOTALS, ofSums: null, ofReadings: () => null };
export const BY_DEVICE: Grouping = {
  ...TOTALS,
  ofSums: '$_id.device',
  ofReadings: (kind) => `$_id.${fieldsOf[kind].id}`,
};
/** By device, and by minute or hour. */
export function byBucket(width: Millis): Grouping {
  const byHour = width === HOUR;
  const start = byHour
    ? '$_id.hour'
    : { $dateTrunc: { date: '$_id.timestamp', unit: 'minute', binSize: width / MINUTE } };
  return {
    extremes: true,
    minutes: false,
    ofSums: byHour ? { device: '$_id.device', start } : undefined,
    ofReadings: (kind) => ({ device: `$_id.${fieldsOf[kind].id}`, start }),
  };
}

/** Two months of one device from its sums, two days of it from its readings, or a day of 30 devices. */
const SCANS_PER_STATEMENT = 60;
/** Sums decoded at a time: takes some milliseconds, after which the main thread does other work. */
const SUMS_PER_BATCH = 1_000;

/**
 * Sums of these devices, or of all (`undefined`), over the parts of a plan. A group may appear several times, once for
 * each statement that has a part of it.
 */
export async function sumParts(
  { deviceHours, history }: HourCollections,
  kind: Kind,
  deviceIds: readonly string[] | undefined,
  { closed, raw }: HourPlan,
  { ofSums, ofReadings, ...options }: Grouping,
  snapshot: Snapshot,
): Promise<readonly DeviceSums[]> {
  const devices = deviceIds ?? [undefined];
  const branches: Branch[] = [];
  for (const [day, ofDay] of Map.groupBy(closed, ({ hour }) => floorTo(DAY, hour))) {
    const generations = ofDay.map(({ generation }) => generation);
    for (const device of devices) {
      branches.push({
        collection: deviceHours.collectionName,
        pipeline: [
          { $match: dayRange(kind, day, device) },
          { $match: { '_id.generation': { $in: generations } } },
          addSums(kind, ofSums, options),
        ],
      });
    }
  }
  for (const part of raw) {
    for (const device of devices) {
      const range = device === undefined ? hourRange(part) : deviceRange(kind, device, part);
      branches.push({
        collection: history[kind].collectionName,
        pipeline: [{ $match: range }, ...sumReadings(kind, ofReadings(kind), options)],
      });
    }
  }

  const sums: DeviceSums[] = [];
  for (let at = 0; at < branches.length; at += SCANS_PER_STATEMENT) {
    const [first, ...others] = branches.slice(at, at + SCANS_PER_STATEMENT) as [Branch, ...Branch[]];
    const found = await deviceHours.db
      .collection(first.collection)
      .aggregate<DeviceSums>([...scanEach([first, ...others]), addSums(kind, '$_id', options)], {
        ...snapshot(),
        batchSize: SUMS_PER_BATCH,
      })
      .toArray();
    sums.push(...found);
  }
  return sums;
}
