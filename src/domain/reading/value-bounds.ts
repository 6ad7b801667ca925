/** Values are compared with their bounds in units of 10^-6: for energy these are milliwatt-hours. */
const STEPS_PER_UNIT = 1_000_000;

/**
 * The value to keep of one that was sent for a field with these bounds (inclusive), or `undefined` if it is outside of
 * them. What is outside by less than rounding to 6 decimals counts as the bound: devices compute in floating point.
 * Values inside are kept as they are.
 */
export function withinBounds(value: number, min: number, max: number): number | undefined {
  if (value >= min && value <= max) return value;
  const rounded = Math.round(value * STEPS_PER_UNIT) / STEPS_PER_UNIT;
  return rounded >= min && rounded <= max ? rounded : undefined;
}
