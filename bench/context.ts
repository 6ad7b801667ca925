import type { Candidate } from './candidates/candidate.ts';
import type { Options } from './options.ts';
import type { Measurements } from './report/measurements.ts';

/** Everything a scenario needs. */
export interface BenchContext {
  readonly options: Options;
  /** The chosen candidates that can run on this machine. */
  readonly candidates: readonly Candidate[];
  readonly measurements: Measurements;
  /** Shows the current step. */
  say(text: string): void;
  /** Runs `work`. A failure is reported for this candidate and does not stop the others. */
  guard(candidate: Candidate, work: () => Promise<void>): Promise<void>;
}

/** One question that the benchmark answers. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Whether it runs when no scenario is named. */
  readonly inDefaultRun: boolean;
  run(context: BenchContext): Promise<void>;
}
