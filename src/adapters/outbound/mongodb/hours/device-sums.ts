import type { Document } from 'mongodb';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import type { EnergyBucket } from '#domain/energy/energy-series';
import { type DeviceTotals, MINUTE_SHIFT, STANDBY_ENERGY } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { HOUR, MINUTE } from '#domain/time/time';
import { fieldsOf } from '../history/reading-fields.ts';
import { millionthsOf } from './rounding.ts';

/** The result of grouping readings or sums: all integers, energy in mWh, averaged fields in millionths of their unit. */
export interface DeviceSums {
  readonly _id: unknown;
  readonly energy: number;
  readonly readings: number;
  readonly [sum: string]: unknown;
}

const SUM = 'Sum';
const MINUTES_PER_HOUR = HOUR / MINUTE;

/** What to sum besides energy, readings and averaged fields. */
export interface SumOptions {
  /** The smallest and the largest energy of a reading, as `least` and `most`. */
  readonly extremes: boolean;
  /** The minutes of `DeviceTotals`. Readings must then be summed hour by hour. */
  readonly minutes: boolean;
}

const MINUTE_SUMS = ['minutes', 'shiftedMinutes', 'activeMinutes'] as const;

/** The stages that sum history documents. */
export function sumReadings(kind: Kind, by: unknown, { extremes, minutes }: SumOptions): Document[] {
  const { energy, averaged } = fieldsOf[kind];
  const sums = {
    $group: {
      _id: by,
      energy: { $sum: millionthsOf(energy) },
      readings: { $sum: 1 },
      ...(extremes && { least: { $min: millionthsOf(energy) }, most: { $max: millionthsOf(energy) } }),
      ...(minutes && { halfMinutes: { $addToSet: halfMinute(energy) } }),
      ...Object.fromEntries(averaged.map((field) => [sumField(field), { $sum: millionthsOf(field) }])),
    },
  };
  return minutes ? [sums, { $set: { ...MINUTES_OF_HALVES, halfMinutes: '$$REMOVE' } }] : [sums];
}

/** The stage that adds up the results of `sumReadings`. */
export function addSums(kind: Kind, by: unknown, { extremes, minutes }: SumOptions): Document {
  return {
    $group: {
      _id: by,
      energy: { $sum: '$energy' },
      readings: { $sum: '$readings' },
      ...(extremes && { least: { $min: '$least' }, most: { $max: '$most' } }),
      ...(minutes && Object.fromEntries(MINUTE_SUMS.map((name) => [name, { $sum: orEstimate(name) }]))),
      ...Object.fromEntries(averagedSums(kind).map((field) => [field, { $sum: `$${field}` }])),
    },
  };
}

/** The names of all sums of an hour. */
export function sumFields(kind: Kind): readonly string[] {
  return ['energy', 'readings', 'least', 'most', ...MINUTE_SUMS, ...averagedSums(kind)];
}

/**
 * Which half minute of its hour a reading is in: 0 to 119, or -1 to -120 if no energy flowed. All minutes follow from
 * the set of these numbers, which costs a third of three sets.
 */
function halfMinute(energy: string): Document {
  const half = { $floor: { $divide: [{ $subtract: ['$_id.timestamp', '$_id.hour'] }, MINUTE_SHIFT] } };
  return { $cond: [{ $gt: [`$${energy}`, kwhFromMilliwattHours(STANDBY_ENERGY)] }, half, { $subtract: [-1, half] }] };
}

/** The number of minutes that these half minutes are in; `middle` is the middle of a half minute, energy or not. */
function distinctMinutes(halves: unknown, middle: Document): Document {
  const minute = { $floor: { $divide: [middle, 2] } };
  return { $size: { $setUnion: [{ $map: { input: halves, in: minute } }] } };
}

const MIDDLE = { $abs: { $add: ['$$this', 0.5] } };
const WITH_ENERGY = { $filter: { input: '$halfMinutes', cond: { $gte: ['$$this', 0] } } };
const MINUTES_OF_HALVES: Readonly<Record<(typeof MINUTE_SUMS)[number], Document>> = {
  minutes: distinctMinutes('$halfMinutes', MIDDLE),
  shiftedMinutes: distinctMinutes('$halfMinutes', { $add: [MIDDLE, 1] }),
  activeMinutes: distinctMinutes(WITH_ENERGY, MIDDLE),
};

/** What an hour is estimated to have that an older version closed, and whose readings were dropped since. */
function orEstimate(name: (typeof MINUTE_SUMS)[number]): Document {
  const minutes = { $min: ['$readings', MINUTES_PER_HOUR] };
  const active = { $cond: [{ $gt: ['$most', STANDBY_ENERGY] }, minutes, 0] };
  return { $ifNull: [`$${name}`, name === 'activeMinutes' ? active : minutes] };
}

function averagedSums(kind: Kind): readonly string[] {
  return fieldsOf[kind].averaged.map(sumField);
}

/** For sums with minutes. */
export function toDeviceTotals(kind: Kind, { energy, readings, ...others }: DeviceSums): DeviceTotals {
  const [minutes, shiftedMinutes, activeMinutes] = MINUTE_SUMS.map((name) => others[name]) as [number, number, number];
  const sums = fieldsOf[kind].averaged.map((field) => [field, others[sumField(field)] as number]);
  return { energy, readings, minutes, shiftedMinutes, activeMinutes, sums: Object.fromEntries(sums) };
}

/** Identifies a bucket among the series of many devices. */
export interface DeviceBucketId {
  readonly device: string;
  readonly start: Date;
}

/** For sums with extremes, grouped by `DeviceBucketId`. */
export function toEnergyBucket({ _id, energy, readings, least, most }: DeviceSums): EnergyBucket {
  const { start } = _id as DeviceBucketId;
  return { start: start.getTime(), energy, readings, min: least as number, max: most as number };
}

function sumField(field: string): string {
  return `${field}${SUM}`;
}

/** The averaged fields whose sums a document has. */
export function averagedIn(sums: Document): readonly string[] {
  const names = Object.keys(sums).filter((name) => name.endsWith(SUM));
  return names.map((name) => name.slice(0, -SUM.length));
}
