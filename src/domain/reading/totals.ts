import type { MilliwattHours } from '../energy/energy.ts';
import { averagedFields, type ByKind, byKind, type Kind } from '../streams/streams.ts';
import { floorTo, HOUR, MINUTE, type Millis } from '../time/time.ts';
import { measuredValue, type Reading } from './reading.ts';

/** Energy and number of readings of one stream or device in a window. */
export interface StreamTotals {
  readonly energy: MilliwattHours;
  readonly readings: number;
}

/** The totals of the whole fleet in a window, by stream. */
export type FleetTotals = ByKind<StreamTotals>;

/**
 * Totals of one device in a window. All are integers and additive, so the order of the readings does not matter.
 *
 * Minutes are counted hour by hour: the count of a window is the sum over its hours, and over the parts of hours at its
 * edges. Hourly sums, a recount of their readings and anything added up from them can therefore never disagree.
 */
export interface DeviceTotals extends StreamTotals {
  /** The minutes in which there is at least one reading. */
  readonly minutes: number;
  /**
   * The same with minutes that begin half a minute earlier, for devices that post at the full minute, give or take some
   * seconds. A reading counts in the hour of its timestamp, so an hour has up to 61: from half a minute before its start
   * to half a minute after its end.
   */
  readonly shiftedMinutes: number;
  /** The minutes in which energy flowed: at least one reading has more than `STANDBY_ENERGY`. */
  readonly activeMinutes: number;
  /**
   * The sum of each averaged field of the stream, in millionths of the field's unit, each value rounded once.
   */
  readonly sums: Readonly<Record<string, number>>;
}

/** How much earlier the shifted minutes begin. */
export const MINUTE_SHIFT: Millis = MINUTE / 2;

/**
 * A reading with at most this energy says that nothing is charged: chargers draw some watts all day. 0.3 Wh in a minute
 * are 18 W; the least current of an AC charger (6 A at 230 V, IEC 61851-1) brings more than that every second.
 */
export const STANDBY_ENERGY: MilliwattHours = 300;

const MILLIONTHS_PER_UNIT = 1_000_000;

/** A measured value in millionths of its unit, as an integer. */
export function millionths(value: number): number {
  return Math.round(value * MILLIONTHS_PER_UNIT) + 0; // + 0 turns -0 into 0
}

export function noDeviceTotals(kind: Kind): DeviceTotals {
  const sums = Object.fromEntries(averagedFields(kind).map((field) => [field, 0]));
  return { energy: 0, readings: 0, minutes: 0, shiftedMinutes: 0, activeMinutes: 0, sums };
}

export function noFleetTotals(): FleetTotals {
  return byKind(() => ({ energy: 0, readings: 0 }));
}

/** Adds up totals of different hours, or of parts of an hour that have no minute in common. */
export function addDeviceTotals(a: DeviceTotals, b: DeviceTotals): DeviceTotals {
  const sums: Record<string, number> = { ...a.sums };
  for (const [field, sum] of Object.entries(b.sums)) sums[field] = (sums[field] ?? 0) + sum;
  return {
    energy: a.energy + b.energy,
    readings: a.readings + b.readings,
    minutes: a.minutes + b.minutes,
    shiftedMinutes: a.shiftedMinutes + b.shiftedMinutes,
    activeMinutes: a.activeMinutes + b.activeMinutes,
    sums,
  };
}

export function addFleetTotals(a: FleetTotals, b: FleetTotals): FleetTotals {
  return byKind((kind) => ({ energy: a[kind].energy + b[kind].energy, readings: a[kind].readings + b[kind].readings }));
}

/** The totals of one device's readings, in any order. */
export function deviceTotalsOf(kind: Kind, readings: readonly Reading[]): DeviceTotals {
  const hours = Map.groupBy(readings, ({ timestamp }) => floorTo(HOUR, timestamp));
  return [...hours.values()].map((ofHour) => hourTotals(kind, ofHour)).reduce(addDeviceTotals, noDeviceTotals(kind));
}

/** The totals of one device's readings in one hour. */
function hourTotals(kind: Kind, readings: readonly Reading[]): DeviceTotals {
  const sum = (value: (reading: Reading) => number) => readings.reduce((total, one) => total + value(one), 0);
  const minutesOf = (some: readonly Reading[], shift = 0) =>
    new Set(some.map(({ timestamp }) => floorTo(MINUTE, timestamp + shift))).size;
  const sumOf = (field: string) => sum((reading) => millionths(measuredValue(reading, field)));
  return {
    energy: sum(({ energy }) => energy),
    readings: readings.length,
    minutes: minutesOf(readings),
    shiftedMinutes: minutesOf(readings, MINUTE_SHIFT),
    activeMinutes: minutesOf(readings.filter(({ energy }) => energy > STANDBY_ENERGY)),
    sums: Object.fromEntries(averagedFields(kind).map((field) => [field, sumOf(field)])),
  };
}

export function fleetTotalsOf({ kind, energy }: Reading): FleetTotals {
  return { ...noFleetTotals(), [kind]: { energy, readings: 1 } };
}

/** The average of an averaged field in its unit, or `null` without readings. */
export function average(totals: DeviceTotals, field: string): number | null {
  return totals.readings === 0 ? null : (totals.sums[field] ?? 0) / totals.readings / MILLIONTHS_PER_UNIT;
}
