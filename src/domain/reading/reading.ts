import type { ReadingOf } from '../streams/stream.ts';
import { type Kind, measuredFields, type streams } from '../streams/streams.ts';

/** A valid reading of any stream. */
export type Reading = { [K in Kind]: ReadingOf<(typeof streams)[K]> }[Kind];

export type MeterReading = Extract<Reading, { kind: 'meter' }>;
export type VehicleReading = Extract<Reading, { kind: 'vehicle' }>;

/** The value of one measured field by its name, for code that serves every stream alike. */
export function measuredValue(reading: Reading, field: string): number {
  return (reading as unknown as Readonly<Record<string, number>>)[field] as number;
}

/**
 * Whether two readings of the same identity say the same: then the later one is a duplicate, else a conflict.
 * When they were received does not matter.
 */
export function sameValues(a: Reading, b: Reading): boolean {
  return (
    a.energy === b.energy &&
    measuredFields(a.kind).every((field) => measuredValue(a, field) === measuredValue(b, field))
  );
}
