import type { Candidate } from './candidates/candidate.ts';
import type { Options } from './options.ts';
import type { Measurements } from './report/measurements.ts';

/** What a scenario works with. */
export interface BenchContext {
  readonly options: Options;
  /** Those chosen that can run here. */
  readonly candidates: readonly Candidate[];
  readonly measurements: Measurements;
  /** Shows what is being done now. */
  say(text: string): void;
  /** Runs `work`; when it fails, that is reported for this candidate and the others go on. */
  guard(candidate: Candidate, work: () => Promise<void>): Promise<void>;
}

/** One question asked of the candidates. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Part of a run that names no scenario. */
  readonly inDefaultRun: boolean;
  run(context: BenchContext): Promise<void>;
}
