import { measuredValue, type Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import type { DeviceNumbers, UnknownDevice } from './device-numbers.ts';
import { ENERGY, RECEIVED_AT, tablesOf } from './stream-tables.ts';

/**
 * The readings of one commit as an array of numbers, which is transferred to the writer thread without a copy. Objects
 * would be cloned one by one.
 *
 * Row `i` starts at `numbers[i * ROW_WIDTH]`: stream number (its index in `kinds`), device number, timestamp (ms),
 * energy (mWh), receivedAt (ms), measured fields in the order of the file.
 */
export interface CommitColumns {
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The device of each row whose device number is `UNKNOWN`, in the order of the rows. */
  readonly unknown: readonly UnknownDevice[];
}

export const STREAM = 0;
export const DEVICE = 1;
export const TIMESTAMP = 2;
/** Where the values of a row begin, in the order of `StreamTables.values`. */
export const VALUES = 3;
const MEASURED = VALUES + RECEIVED_AT + 1;
export const ROW_WIDTH = VALUES + Math.max(...kinds.map((kind) => tablesOf(kind).values.length));
/** Stands for a device whose number is not known yet; device numbers start at 1. */
export const UNKNOWN = 0;

const streamNumbers = new Map(kinds.map((kind, number) => [kind, number]));

/** The measured fields of each stream, by its number, in the order in which the file has their values. */
export type FieldOrder = readonly (readonly string[])[];

/** Lays readings out for the writer thread, with the device numbers known so far. */
export function toColumns(readings: readonly Reading[], order: FieldOrder, devices: DeviceNumbers): CommitColumns {
  const numbers = new Float64Array(readings.length * ROW_WIDTH);
  const unknown: UnknownDevice[] = [];
  let at = 0;
  for (const reading of readings) {
    const stream = streamNumbers.get(reading.kind) as number;
    const device = devices.find(stream, reading.deviceId) ?? UNKNOWN;
    if (device === UNKNOWN) unknown.push({ stream, id: reading.deviceId });
    numbers[at + STREAM] = stream;
    numbers[at + DEVICE] = device;
    numbers[at + TIMESTAMP] = reading.timestamp;
    numbers[at + VALUES + ENERGY] = reading.energy;
    numbers[at + VALUES + RECEIVED_AT] = reading.receivedAt;
    const measured = order[stream] ?? [];
    for (let field = 0; field < measured.length; field++) {
      numbers[at + MEASURED + field] = measuredValue(reading, measured[field] as string);
    }
    at += ROW_WIDTH;
  }
  return { numbers, unknown };
}
