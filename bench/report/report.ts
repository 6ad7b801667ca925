import type { Options } from '../options.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurements.ts';
import type { Judgement } from './targets.ts';

export interface CandidateReport {
  readonly name: string;
  readonly label: string;
  readonly durability: string;
  readonly version?: string;
  /** Why it was skipped, if it was. */
  readonly missing?: string;
}

/** All results of one run. */
export interface Report {
  readonly date: string;
  readonly minutes: number;
  readonly machine: Machine;
  readonly options: Options;
  readonly candidates: readonly CandidateReport[];
  readonly targets: readonly Judgement[];
  readonly measurements: readonly Measurement[];
  readonly failures: readonly string[];
}
