import type { MilliwattHours } from '../energy/energy.ts';
import { averagedFields, type ByKind, byKind, type Kind } from '../streams/streams.ts';
import { measuredValue, type Reading } from './reading.ts';

/** Energy and number of readings of one stream or device in a window. */
export interface StreamTotals {
  readonly energy: MilliwattHours;
  readonly readings: number;
}

/** The totals of the whole fleet in a window, by stream. */
export type FleetTotals = ByKind<StreamTotals>;

/**
 * Totals of one device in a window. `sums` holds, for each averaged field of its stream, the sum of the values in
 * millionths of the field's unit, each value rounded once: integers, so that the order of the readings does not matter.
 */
export interface DeviceTotals extends StreamTotals {
  readonly sums: Readonly<Record<string, number>>;
}

const MILLIONTHS_PER_UNIT = 1_000_000;

/** A measured value in millionths of its unit, as an integer. */
export function millionths(value: number): number {
  return Math.round(value * MILLIONTHS_PER_UNIT) + 0; // + 0 turns -0 into 0
}

export function noDeviceTotals(kind: Kind): DeviceTotals {
  return { energy: 0, readings: 0, sums: Object.fromEntries(averagedFields(kind).map((field) => [field, 0])) };
}

export function noFleetTotals(): FleetTotals {
  return byKind(() => ({ energy: 0, readings: 0 }));
}

export function addDeviceTotals(a: DeviceTotals, b: DeviceTotals): DeviceTotals {
  const sums: Record<string, number> = { ...a.sums };
  for (const [field, sum] of Object.entries(b.sums)) sums[field] = (sums[field] ?? 0) + sum;
  return { energy: a.energy + b.energy, readings: a.readings + b.readings, sums };
}

export function addFleetTotals(a: FleetTotals, b: FleetTotals): FleetTotals {
  return byKind((kind) => ({ energy: a[kind].energy + b[kind].energy, readings: a[kind].readings + b[kind].readings }));
}

export function deviceTotalsOf(reading: Reading): DeviceTotals {
  const sums: Record<string, number> = {};
  for (const field of averagedFields(reading.kind)) sums[field] = millionths(measuredValue(reading, field));
  return { energy: reading.energy, readings: 1, sums };
}

export function fleetTotalsOf({ kind, energy }: Reading): FleetTotals {
  return { ...noFleetTotals(), [kind]: { energy, readings: 1 } };
}

/** The average of an averaged field in its unit, or `null` without readings. */
export function average(totals: DeviceTotals, field: string): number | null {
  return totals.readings === 0 ? null : (totals.sums[field] ?? 0) / totals.readings / MILLIONTHS_PER_UNIT;
}
