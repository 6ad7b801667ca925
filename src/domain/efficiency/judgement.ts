import { isSufficient } from '../coverage/coverage.ts';
import type { MilliwattHours } from '../energy/energy.ts';
import type { DataCause } from './diagnosis.ts';
import { type Verdict, verdict } from './efficiency.ts';
import type { LinkedBalance } from './linked-balance.ts';

/** Why a number is what it is, or cannot be judged: stable words, part of the interface. */
export type Reason =
  | 'no-linked-meter'
  | 'gaps-in-vehicle-readings'
  | 'gaps-in-meter-readings'
  | 'little-energy'
  | DataCause;

/** What a number means, and what speaks against it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
}

/**
 * Judges a balance of AC and DC. What would be a loss by the totals alone is `implausible` when the data are at fault:
 * nobody should go and look at a charger for a wrong link. Little energy (less than `minAc` on either side, from
 * meters that do report) is told and changes no verdict.
 */
export function judge(balance: LinkedBalance, cause: DataCause | undefined, minAc: MilliwattHours): Judgement {
  const { ac, dc, vehicle, coverage, covered, lossThreshold, efficiency } = balance;
  const byTotals = verdict({
    vehicleReadings: vehicle.readings,
    efficiency,
    lossThreshold,
    coverages: [coverage.vehicle, coverage.meters],
  });
  const reasons: Reason[] = [];
  if (!covered) reasons.push('no-linked-meter');
  if (vehicle.readings > 0 && !isSufficient(coverage.vehicle)) reasons.push('gaps-in-vehicle-readings');
  if (!isSufficient(coverage.meters)) reasons.push('gaps-in-meter-readings');
  if (coverage.meters.readings > 0 && Math.max(ac, dc) < minAc) reasons.push('little-energy');
  if (cause !== undefined) reasons.push(cause);
  return { verdict: byTotals === 'loss' && cause !== undefined ? 'implausible' : byTotals, reasons };
}
