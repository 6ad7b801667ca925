/**
 * Energy inside the engine: an integer number of milliwatt-hours. Sums of integers are exact and do not depend on
 * their order. A JavaScript number holds them exactly up to 2^53 mWh, which is 9 TWh in one total.
 */
export type MilliwattHours = number;

export const MILLIWATT_HOURS_PER_KWH = 1_000_000;

/** Rounds once, to 6 decimals of a kWh; everything after this is integer arithmetic. */
export function milliwattHoursFromKwh(kwh: number): MilliwattHours {
  return Math.round(kwh * MILLIWATT_HOURS_PER_KWH) + 0; // + 0 turns -0 into 0
}

/** A plain number with at most 6 decimals. */
export function kwhFromMilliwattHours(energy: MilliwattHours): number {
  return energy / MILLIWATT_HOURS_PER_KWH;
}
