import type { Document } from 'mongodb';
import type { EnergyBucket } from '#domain/energy/energy-series';
import type { DeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
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

/** Whether to include the smallest and the largest energy of a reading, as `least` and `most`. */
export interface SumOptions {
  readonly extremes: boolean;
}

/** The `$group` stage that sums history documents. */
export function sumReadings(kind: Kind, by: unknown, { extremes }: SumOptions): Document {
  const { energy, averaged } = fieldsOf[kind];
  return {
    $group: {
      _id: by,
      energy: { $sum: millionthsOf(energy) },
      readings: { $sum: 1 },
      ...(extremes && { least: { $min: millionthsOf(energy) }, most: { $max: millionthsOf(energy) } }),
      ...Object.fromEntries(averaged.map((field) => [sumField(field), { $sum: millionthsOf(field) }])),
    },
  };
}

/** The `$group` stage that adds up the results of `sumReadings`. */
export function addSums(kind: Kind, by: unknown, { extremes }: SumOptions): Document {
  return {
    $group: {
      _id: by,
      energy: { $sum: '$energy' },
      readings: { $sum: '$readings' },
      ...(extremes && { least: { $min: '$least' }, most: { $max: '$most' } }),
      ...Object.fromEntries(sumFields(kind).map((field) => [field, { $sum: `$${field}` }])),
    },
  };
}

/** The names of the sums besides energy and readings. */
export function sumFields(kind: Kind): readonly string[] {
  return fieldsOf[kind].averaged.map(sumField);
}

export function toDeviceTotals(kind: Kind, sums: DeviceSums): DeviceTotals {
  return {
    energy: sums.energy,
    readings: sums.readings,
    ...{ minutes: 0, shiftedMinutes: 0, activeMinutes: 0 }, // not counted yet
    sums: Object.fromEntries(fieldsOf[kind].averaged.map((field) => [field, sums[sumField(field)] as number])),
  };
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
