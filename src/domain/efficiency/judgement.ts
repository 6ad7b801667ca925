import { type Coverage, isSufficient } from '../coverage/coverage.ts';
import type { MilliwattHours } from '../energy/energy.ts';
import type { DataCause } from './diagnosis.ts';
import { type Efficiency, isImplausible, type Verdict, verdict } from './efficiency.ts';
import type { LinkedBalance } from './linked-balance.ts';

/** Why an efficiency is what it is, or cannot be judged: stable codes, part of the public interface. */
export type Reason =
  | 'no-linked-meter'
  | 'gaps-in-vehicle-readings'
  | 'gaps-in-meter-readings'
  | 'little-energy'
  | 'dc-without-ac'
  | DataCause;

/** What an efficiency means, and what calls it into question. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
}

/**
 * Judges a balance of AC and DC. A loss by the totals alone becomes `implausible` when the data is at fault: nobody
 * should inspect a charger because of a wrong link. An `ok` does so too, because its numbers only happen to look well.
 * Little energy (less than `minAc` on both sides, from meters that do report) and DC from elsewhere are listed as
 * reasons but change no verdict.
 */
export function judge(balance: LinkedBalance, cause: DataCause | undefined, minAc: MilliwattHours): Judgement {
  const { ac, dc, dcWithoutAc, vehicle, coverage, covered, lossThreshold, efficiency } = balance;
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
  if (dcWithoutAc > 0) reasons.push('dc-without-ac');
  if (cause !== undefined) reasons.push(cause);
  const isJudged = byTotals === 'loss' || byTotals === 'ok';
  return { verdict: isJudged && cause !== undefined ? 'implausible' : byTotals, reasons };
}

/**
 * Judges a vehicle without a link. The fleet's efficiency says nothing about it, except that it is shown beside the
 * vehicle's numbers and cannot be believed above 1: `loss` and `ok` are for linked vehicles.
 */
export function judgeUnlinked(readings: number, coverage: Coverage, ofFleet: Efficiency): Judgement {
  const reasons: Reason[] = ['no-linked-meter'];
  if (readings > 0 && !isSufficient(coverage)) reasons.push('gaps-in-vehicle-readings');
  if (isImplausible(ofFleet)) reasons.push('more-dc-than-ac');
  if (readings === 0) return { verdict: 'no-data', reasons };
  return { verdict: isImplausible(ofFleet) ? 'implausible' : 'insufficient-data', reasons };
}
