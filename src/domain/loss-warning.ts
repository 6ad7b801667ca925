import { type Coverage, SUFFICIENT_COVERAGE } from './coverage/coverage.ts';
import { DEFAULT_LOSS_THRESHOLD } from './efficiency/efficiency.ts';
import type { MilliwattHours } from './energy/energy.ts';
import type { EpochMillis } from './time/time.ts';
import type { TimeWindow } from './time/time-window.ts';

/** When a loss warning opens and clears. */
export interface WarningRule {
  /** A warning opens below this efficiency. */
  readonly lossThreshold: number;
  /**
   * A warning clears at or above this efficiency. It is higher than `lossThreshold`, to keep warnings from flapping.
   */
  readonly clearThreshold: number;
  /** How many consecutive evaluations must be below the threshold to open a warning. */
  readonly evaluations: number;
  /** With less AC than this, standby losses weigh too much for a judgement. */
  readonly minAc: MilliwattHours;
  /** The coverage that both the vehicle and its meters need. */
  readonly minCoverage: number;
}

export const DEFAULT_WARNING_RULE: WarningRule = {
  lossThreshold: DEFAULT_LOSS_THRESHOLD,
  clearThreshold: 0.87,
  evaluations: 2,
  minAc: 1_000_000,
  minCoverage: SUFFICIENT_COVERAGE,
};

/** What one evaluation of a linked vehicle is based on. */
export interface WarningEvidence {
  readonly window: TimeWindow;
  readonly ac: MilliwattHours;
  readonly dc: MilliwattHours;
  /** The part of `dc` that came from elsewhere and is not in `efficiency`; absent when there is none. */
  readonly dcWithoutAc?: MilliwattHours;
  readonly efficiency: number;
  readonly coverage: { readonly vehicle: Coverage; readonly meters: Coverage };
}

/** A vehicle that loses energy, since when, and the evidence. Times are the ends of the windows evaluated. */
export interface LossWarning extends WarningEvidence {
  readonly id: string;
  readonly vehicleId: string;
  readonly state: 'open' | 'cleared';
  readonly openedAt: EpochMillis;
  readonly clearedAt: EpochMillis | null;
  readonly lossThreshold: number;
}

/** The state of a vehicle that one evaluation leaves for the next. */
export interface WarningWatch {
  readonly vehicleId: string;
  /** The end of the last window evaluated. Evaluating the same or an earlier window again changes nothing. */
  readonly evaluatedTo: EpochMillis;
  /** The current streak: how many of the latest evaluations were below the threshold, without a break. */
  readonly below: number;
  readonly open: LossWarning | null;
}

/** A vehicle's watch after an evaluation, and the warning that the evaluation opened or cleared, if any. */
export interface WarningChange {
  readonly watch: WarningWatch;
  readonly changed: LossWarning | null;
}

/** The finding of an evaluation: a believable efficiency, or none. */
export type Finding =
  | { readonly believable: true; readonly evidence: WarningEvidence }
  | { readonly believable: false };

/** The id of a warning: its vehicle and when it opened, so that two processes that open it write the same one. */
export function lossWarningId(vehicleId: string, openedAt: EpochMillis): string {
  return `${vehicleId}@${openedAt}`;
}

/**
 * Advances a vehicle's watch by one evaluation, of the window that ends at `to`. Returns the new watch and the warning
 * that opened or cleared, if any. A finding that is not believable ends the streak and clears no warning.
 */
export function evaluateWarning(
  watch: WarningWatch,
  finding: Finding,
  to: EpochMillis,
  rule: WarningRule,
): WarningChange {
  const { vehicleId, open } = watch;
  if (!finding.believable) return { watch: { vehicleId, evaluatedTo: to, below: 0, open }, changed: null };

  const { evidence } = finding;
  const below = evidence.efficiency < rule.lossThreshold ? watch.below + 1 : 0;
  if (open === null && below >= rule.evaluations) {
    const { lossThreshold } = rule;
    const id = lossWarningId(vehicleId, to);
    const opened: LossWarning = {
      ...evidence,
      id,
      vehicleId,
      state: 'open',
      openedAt: to,
      clearedAt: null,
      lossThreshold,
    };
    return { watch: { vehicleId, evaluatedTo: to, below, open: opened }, changed: opened };
  }
  if (open !== null && evidence.efficiency >= rule.clearThreshold) {
    return { watch: { vehicleId, evaluatedTo: to, below, open: null }, changed: cleared(open, to) };
  }
  return { watch: { vehicleId, evaluatedTo: to, below, open }, changed: null };
}

/**
 * Advances the watch of a vehicle that had no link at any time in the window that ends at `to`, so that it can no
 * longer be judged: the streak ends, and an open warning clears with the evidence it has.
 */
export function evaluateUnlinked({ vehicleId, open }: WarningWatch, to: EpochMillis): WarningChange {
  const watch = { vehicleId, evaluatedTo: to, below: 0, open: null };
  return { watch, changed: open === null ? null : cleared(open, to) };
}

function cleared(open: LossWarning, to: EpochMillis): LossWarning {
  return { ...open, state: 'cleared', clearedAt: to };
}
