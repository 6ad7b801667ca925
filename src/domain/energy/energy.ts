/**
 * Energy inside the engine: an integer number of milliwatt-hours. Sums of integers are exact and independent of their
 * order. A JavaScript number holds them exactly up to 2^53 mWh, so one total can reach 9 TWh.
 */
export type MilliwattHours = number;

const MILLIWATT_HOURS_PER_KWH = 1_000_000;

/** Rounds once, to 6 decimals of a kWh; from here on all arithmetic is on integers. */
export function milliwattHoursFromKwh(kwh: number): MilliwattHours {
  return Math.round(kwh * MILLIWATT_HOURS_PER_KWH) + 0; // + 0 turns -0 into 0
}

/** kWh, with at most 6 decimals. */
export function kwhFromMilliwattHours(energy: MilliwattHours): number {
  return energy / MILLIWATT_HOURS_PER_KWH;
}
