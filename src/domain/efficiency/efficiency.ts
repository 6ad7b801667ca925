import { type Coverage, isSufficient } from '../coverage/coverage.ts';
import type { MilliwattHours } from '../energy/energy.ts';

/** DC delivered / AC consumed, never capped; `null` without AC. */
export type Efficiency = number | null;

/** An efficiency below this is a loss between grid and battery. Configurable (`EIE_LOSS_THRESHOLD`). */
export const DEFAULT_LOSS_THRESHOLD = 0.85;

export function efficiency(ac: MilliwattHours, dc: MilliwattHours): Efficiency {
  return ac === 0 ? null : dc / ac;
}

/**
 * Whether more energy came out than went in, a fault in the data. With DC but no AC the ratio is unknown, so `false`.
 */
export function isImplausible(value: Efficiency): boolean {
  return value !== null && value > 1;
}

/** The basic rule: the efficiency is known, not above 1, and below the threshold. */
export function lossWarning(value: Efficiency, threshold: number): boolean {
  return value !== null && !isImplausible(value) && value < threshold;
}

export type Verdict = 'no-data' | 'implausible' | 'insufficient-data' | 'loss' | 'ok';

/** What is known about a vehicle in a window. */
export interface Evidence {
  /** The number of readings of the vehicle itself. */
  readonly vehicleReadings: number;
  readonly efficiency: Efficiency;
  readonly lossThreshold: number;
  /** The coverage of each side. */
  readonly coverages: readonly Coverage[];
}

/** The first verdict that applies, in the order of `Verdict`'s members. */
export function verdict(evidence: Evidence): Verdict {
  if (evidence.vehicleReadings === 0) return 'no-data';
  if (isImplausible(evidence.efficiency)) return 'implausible';
  if (evidence.efficiency === null || !evidence.coverages.every(isSufficient)) return 'insufficient-data';
  return lossWarning(evidence.efficiency, evidence.lossThreshold) ? 'loss' : 'ok';
}
