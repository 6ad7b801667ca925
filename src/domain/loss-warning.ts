import type { Coverage } from './coverage/coverage.ts';
import type { MilliwattHours } from './energy/energy.ts';
import type { EpochMillis } from './time/time.ts';
import type { TimeWindow } from './time/time-window.ts';

/** When a loss warning opens and clears. */
export interface WarningRule {
  /** Opens below this efficiency. */
  readonly lossThreshold: number;
  /** Clears at this efficiency or above: higher than the threshold, so that it does not flutter. */
  readonly clearThreshold: number;
  /** Evaluations in a row that must be below the threshold. */
  readonly evaluations: number;
  /** With less AC than this, stand-by losses weigh too much to judge. */
  readonly minAc: MilliwattHours;
  /** Needed on both sides. */
  readonly minCoverage: number;
}

export const DEFAULT_WARNING_RULE: WarningRule = {
  lossThreshold: 0.85,
  clearThreshold: 0.87,
  evaluations: 2,
  minAc: 1_000_000,
  minCoverage: 0.9,
};

/** What one evaluation of one linked vehicle saw. */
export interface WarningEvidence {
  readonly window: TimeWindow;
  readonly ac: MilliwattHours;
  readonly dc: MilliwattHours;
  readonly efficiency: number;
  readonly coverage: { readonly vehicle: Coverage; readonly meters: Coverage };
}

/** A vehicle that loses energy, since when, and on what evidence. */
export interface LossWarning extends WarningEvidence {
  readonly id: string;
  readonly vehicleId: string;
  readonly state: 'open' | 'cleared';
  readonly openedAt: EpochMillis;
  readonly clearedAt: EpochMillis | null;
  readonly lossThreshold: number;
}

/** What an evaluation remembers of a vehicle for the next one. */
export interface WarningWatch {
  readonly vehicleId: string;
  /** The end of the window evaluated last. An evaluation of the same or an earlier window changes nothing. */
  readonly evaluatedTo: EpochMillis;
  /** Evaluations in a row that were below the threshold, up to the last. */
  readonly below: number;
  /** The warning that is open, if one is. */
  readonly open: LossWarning | null;
}

/** What an evaluation found: a believable efficiency, or that there is none. */
export type Finding =
  | { readonly believable: true; readonly evidence: WarningEvidence }
  | { readonly believable: false };

/** The id of a warning: its vehicle and when it opened. Two processes that open the same one write the same one. */
export function lossWarningId(vehicleId: string, openedAt: EpochMillis): string {
  return `${vehicleId}@${openedAt}`;
}

/**
 * Moves a vehicle's watch forward by one evaluation of the window that ends at `to`. Gives the new watch and, when the
 * evaluation opened or cleared one, the warning as it is now. What is not believable breaks a row and clears nothing.
 */
export function evaluateWarning(
  watch: WarningWatch,
  finding: Finding,
  to: EpochMillis,
  rule: WarningRule,
): { readonly watch: WarningWatch; readonly changed: LossWarning | null } {
  const { vehicleId, open } = watch;
  if (!finding.believable) return { watch: { vehicleId, evaluatedTo: to, below: 0, open }, changed: null };

  const { evidence } = finding;
  const below = evidence.efficiency < rule.lossThreshold ? watch.below + 1 : 0;
  if (open === null && below >= rule.evaluations) {
    const opened: LossWarning = {
      ...evidence,
      id: lossWarningId(vehicleId, to),
      vehicleId,
      state: 'open',
      openedAt: to,
      clearedAt: null,
      lossThreshold: rule.lossThreshold,
    };
    return { watch: { vehicleId, evaluatedTo: to, below, open: opened }, changed: opened };
  }
  if (open !== null && evidence.efficiency >= rule.clearThreshold) {
    return { watch: { vehicleId, evaluatedTo: to, below, open: null }, changed: cleared(open, to) };
  }
  return { watch: { vehicleId, evaluatedTo: to, below, open }, changed: null };
}

/**
 * Moves the watch of a vehicle that had no link during the whole window ending at `to`: nothing can be said about it any
 * more. Its row ends, and a warning that is open clears with the evidence it has.
 */
export function evaluateUnlinked(
  { vehicleId, open }: WarningWatch,
  to: EpochMillis,
): { readonly watch: WarningWatch; readonly changed: LossWarning | null } {
  const watch = { vehicleId, evaluatedTo: to, below: 0, open: null };
  return { watch, changed: open === null ? null : cleared(open, to) };
}

function cleared(open: LossWarning, to: EpochMillis): LossWarning {
  return { ...open, state: 'cleared', clearedAt: to };
}
