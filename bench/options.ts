import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '#infrastructure/command-line';

export interface Options {
  /** Names of the scenarios to run; empty for the default ones. */
  readonly only: readonly string[];
  readonly all: boolean;
  /** Names of the candidates to run; empty for all that can run. */
  readonly candidates: readonly string[];
  readonly repetitions: number;
  /** Tiny loads that check the harness and measure nothing. */
  readonly quick: boolean;
  /** Another checkout of the engine, its dependencies installed there, to measure beside this one. */
  readonly baseline: string | undefined;
  /** Where candidates keep their data during the run; `undefined` for the system's temporary directory. */
  readonly dir: string | undefined;
  /** The name of the result files. */
  readonly name: string;
}

export const usage = `npm run bench -- [options]
  --only a,b         scenarios to run (default: throughput, latency, reads, live-reads)
  --all              every scenario: about an hour
  --candidates a,b   candidates to compare (default: all that are installed)
  --repeat n         repetitions of throughput and latency (default 3)
  --quick            tiny loads, to check that everything works
  --baseline path    another checkout of the engine (after npm ci) to measure beside this one
  --dir path         where candidates keep their data (default: the system's temporary directory)
  --name name        name of the result files (default: benchmark)
  --help`;

/** `undefined` when only help was requested. Throws `UsageError` when the options are not understood. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const repetitions = Number(values.repeat ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    throw new UsageError('--repeat must be a whole number from 1');
  }
  return {
    only: split(values.only),
    all: values.all,
    candidates: split(values.candidates),
    repetitions,
    quick: values.quick,
    baseline: values.baseline === undefined ? undefined : resolve(values.baseline),
    dir: values.dir,
    name: values.name ?? (values.quick ? 'quick' : 'benchmark'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        all: { type: 'boolean', default: false },
        candidates: { type: 'string', multiple: true, default: [] },
        repeat: { type: 'string' },
        quick: { type: 'boolean', default: false },
        baseline: { type: 'string' },
        dir: { type: 'string' },
        name: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; see --help`, { cause });
  }
}

function split(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter((name) => name !== '');
}
