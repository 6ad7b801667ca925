import type { ReadingOf } from '../streams/stream.ts';
import { type Kind, measuredFields, type streams } from '../streams/streams.ts';

/** A valid reading of any stream. `readingMaker` makes it from what was sent, `storedReading` checks what was stored. */
export type Reading = { [K in Kind]: ReadingOf<(typeof streams)[K]> }[Kind];

export type MeterReading = Extract<Reading, { kind: 'meter' }>;
export type VehicleReading = Extract<Reading, { kind: 'vehicle' }>;

/** A reading's identity (kind, device, timestamp) as one string: equal if and only if it is the same. */
export function readingKey({ kind, deviceId, timestamp }: Reading): string {
  return `${kind} ${deviceId} ${timestamp}`;
}

/** The value of a measured field by name, for code that handles every stream the same way. */
export function measuredValue(reading: Reading, field: string): number {
  return (reading as unknown as Readonly<Record<string, number>>)[field] as number;
}

/**
 * Whether two readings with the same identity have the same values: if so, the later one is a duplicate, otherwise a
 * conflict. When they were received does not matter.
 */
export function sameValues(a: Reading, b: Reading): boolean {
  return (
    a.energy === b.energy &&
    measuredFields(a.kind).every((field) => measuredValue(a, field) === measuredValue(b, field))
  );
}
