import type { Kind } from '#domain/streams/streams';
import { DAY, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { type Branch, deviceRange, hourRange, scanEach } from '../history/history-scan.ts';
import { fieldsOf } from '../history/reading-fields.ts';
import { addSums, type DeviceSums, type SumOptions, sumReadings } from './device-sums.ts';
import { dayRange, type HourCollections } from './hour-documents.ts';
import type { HourPlan } from './hour-plan.ts';
import type { Snapshot } from './snapshot.ts';

/** By what the sums of an answer are told apart: an expression over hourly sums, and one over readings. */
export interface Grouping extends SumOptions {
  /** `undefined` when hourly sums are too coarse. */
  readonly ofSums: unknown;
  ofReadings(kind: Kind): unknown;
}

export const IN_ALL: Grouping = { extremes: false, ofSums: null, ofReadings: () => null };
export const BY_DEVICE: Grouping = {
  extremes: false,
  ofSums: '$_id.device',
  ofReadings: (kind) => `$_id.${fieldsOf[kind].id}`,
};
/** By the device, and by the minute or the hour. */
export function byBucket(width: Millis): Grouping {
  const byHour = width === HOUR;
  const start = byHour
    ? '$_id.hour'
    : { $dateTrunc: { date: '$_id.timestamp', unit: 'minute', binSize: width / MINUTE } };
  return {
    extremes: true,
    ofSums: byHour ? { device: '$_id.device', start } : undefined,
    ofReadings: (kind) => ({ device: `$_id.${fieldsOf[kind].id}`, start }),
  };
}

/** Scans of one statement: two months of one device from its sums, two days from its readings, or a day of 30 devices. */
const SCANS_A_STATEMENT = 60;
/** Sums that are made into objects in one go: some milliseconds, after which the main thread has its turn. */
const SUMS_A_BATCH = 1_000;

/**
 * Sums of these devices, or of all (`undefined`), over the parts of a plan. Sums of the same group may come several
 * times, from several statements.
 */
export async function sumParts(
  { deviceHours, history }: HourCollections,
  kind: Kind,
  deviceIds: readonly string[] | undefined,
  { closed, raw }: HourPlan,
  { ofSums, ofReadings, extremes }: Grouping,
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
          addSums(kind, ofSums, { extremes }),
        ],
      });
    }
  }
  for (const part of raw) {
    for (const device of devices) {
      const range = device === undefined ? hourRange(part) : deviceRange(kind, device, part);
      branches.push({
        collection: history[kind].collectionName,
        pipeline: [{ $match: range }, sumReadings(kind, ofReadings(kind), { extremes })],
      });
    }
  }

  const sums: DeviceSums[] = [];
  for (let at = 0; at < branches.length; at += SCANS_A_STATEMENT) {
    const [first, ...others] = branches.slice(at, at + SCANS_A_STATEMENT) as [Branch, ...Branch[]];
    const found = await deviceHours.db
      .collection(first.collection)
      .aggregate<DeviceSums>([...scanEach([first, ...others]), addSums(kind, '$_id', { extremes })], {
        ...snapshot(),
        batchSize: SUMS_A_BATCH,
      })
      .toArray();
    sums.push(...found);
  }
  return sums;
}
