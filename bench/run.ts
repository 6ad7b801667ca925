import { Listr, PRESET_TIMESTAMP } from 'listr2';
import { allCandidates } from './candidates/all.ts';
import type { Candidate } from './candidates/candidate.ts';
import type { BenchContext, Scenario } from './context.ts';
import type { Options } from './options.ts';
import { describeMachine } from './report/machine.ts';
import { Measurements } from './report/measurements.ts';
import type { CandidateReport, Report } from './report/report.ts';
import { printTables } from './report/tables.ts';
import { judge } from './report/targets.ts';
import { writeReport } from './report/write-report.ts';
import { scenarios as allScenarios } from './scenarios/all.ts';
import { releaseAll } from './support/cleanup.ts';

/** Runs the chosen scenarios on the chosen candidates, prints the tables and writes the results. */
export async function runBenchmark(options: Options): Promise<void> {
  const startedAt = new Date();
  const measurements = new Measurements();
  const failures: string[] = [];
  const found: CandidateReport[] = [];
  const available: Candidate[] = [];

  const scenarios = choose(allScenarios, options.only, ({ inDefaultRun }) => options.all || inDefaultRun);
  const candidates = choose(allCandidates(options.baseline), options.candidates, () => true);

  const report = async (): Promise<Report> => ({
    date: startedAt.toISOString(),
    minutes: Math.round((Date.now() - startedAt.getTime()) / 6_000) / 10,
    machine: await describeMachine(options.dir),
    options,
    candidates: found,
    targets: judge(measurements),
    measurements: measurements.all(),
    failures,
  });

  const tasks = new Listr(
    [
      {
        title: 'Find the candidates',
        task: async (_, task) => {
          for (const candidate of candidates) {
            task.output = candidate.label;
            const { name, label, durability } = candidate;
            const finding = await candidate.find();
            found.push({ name, label, durability, ...finding });
            if ('version' in finding) available.push(candidate);
          }
        },
      },
      ...scenarios.map((scenario) => ({
        title: scenario.title,
        task: async (_: unknown, task: { output: string }) => {
          const say = (text: string) => {
            task.output = text;
          };
          const failed: string[] = [];
          const guard = guardFor(scenario, failed);
          await scenario.run({ options, candidates: available, measurements, say, guard }).finally(releaseAll);
          failures.push(...failed);
          await writeReport(await report()); // an interrupted run keeps what it has measured
          if (failed.length > 0) throw new Error(failed.join('\n'));
        },
      })),
    ],
    // The benchmark's own signal handlers stop the candidates in order; listr2's would leave them running.
    { registerSignalListeners: false, exitOnError: false, fallbackRendererOptions: { timestamp: PRESET_TIMESTAMP } },
  );
  await tasks.run();

  const finished = await report();
  printTables(finished, scenarios);
  for (const file of await writeReport(finished)) console.log(`wrote ${file}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** Records failures, so that a candidate that fails does not stop the others. */
function guardFor(scenario: Scenario, failures: string[]): BenchContext['guard'] {
  return async (candidate, work) => {
    try {
      await work();
    } catch (error) {
      failures.push(`${scenario.name}, ${candidate.label}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}

function choose<T extends { readonly name: string }>(
  known: readonly T[],
  names: readonly string[],
  byDefault: (item: T) => boolean,
): readonly T[] {
  const unknown = names.find((name) => known.every((item) => item.name !== name));
  if (unknown !== undefined) {
    throw new Error(`unknown name ${unknown}; known are ${known.map(({ name }) => name).join(', ')}`);
  }
  return known.filter((item) => (names.length > 0 ? names.includes(item.name) : byDefault(item)));
}
