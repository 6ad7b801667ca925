import { markdownTable } from 'markdown-table';
import type { Scenario } from '../context.ts';
import { LOADS } from '../scenarios/loads.ts';
import { type Measurement, type Metric, metrics } from './measurements.ts';
import type { Report } from './report.ts';

const HEADINGS: Readonly<Record<Metric, string>> = {
  rate: 'Readings per second',
  p50: 'Latency, median',
  p99: 'Latency, 99th percentile',
  p99FromSending: 'Latency of accepted requests from sending, 99th percentile',
  refusedP99: 'Latency of refusals from sending, 99th percentile',
  refused: 'Refused requests',
  withoutRetryAfter: 'Refused without Retry-After',
  unconfirmed: 'Neither acknowledged nor refused',
  notReady: 'Readiness checks that failed',
  unsent: 'Requests not sent in time',
  missing: 'Acknowledged but missing',
  doubled: 'Counted twice',
  energyError: 'Error of the energy total',
  flatness: 'Flatness',
  bytesPerReading: 'Disk per reading',
  residentMemory: 'Peak resident memory',
  recovery: 'Until full speed is back',
  duration: 'Duration',
};

/** Prints one Markdown table per scenario and metric: a row per candidate, a column per case, medians in the cells. */
export function printTables(report: Report, scenarios: readonly Scenario[]): void {
  const { cpu, cores, memoryGiB, kernel, node, fileSystem } = report.machine;
  console.log(`\n${report.date}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, ${fileSystem}, Node.js ${node}`);
  console.log(`medians of ${report.options.repetitions}, ${report.minutes} minutes\n`);
  for (const scenario of scenarios) {
    const ofScenario = report.measurements.filter((measurement) => measurement.scenario === scenario.name);
    if (ofScenario.length > 0) console.log(`## ${scenario.title}\n`);
    for (const metric of Object.keys(metrics) as Metric[]) {
      const ofMetric = ofScenario.filter((measurement) => measurement.metric === metric);
      if (ofMetric.length > 0) console.log(`${metricTable(ofMetric, metric, report)}\n`);
    }
  }
  printTargets(report);
  for (const { label, missing } of report.candidates) if (missing) console.log(`skipped ${label}: ${missing}`);
  for (const failure of report.failures) console.log(`FAILED ${failure}`);
}

function metricTable(measurements: readonly Measurement[], metric: Metric, report: Report): string {
  const cases = casesOf(measurements);
  const candidates = report.candidates.filter(({ name }) => measurements.some(({ candidate }) => candidate === name));
  const rows = candidates.map(({ name, label }) => [
    label,
    ...cases.map((ofCase) => {
      const found = measurements.find(({ candidate, case: other }) => candidate === name && other === ofCase);
      return found ? format(found.median) : '';
    }),
  ]);
  const align = ['l', ...cases.map(() => 'r')];
  return markdownTable([[`${HEADINGS[metric]} (${metrics[metric]})`, ...cases], ...rows], { align });
}

/** Loads in their own order, other cases in the order measured. */
function casesOf(measurements: readonly Measurement[]): string[] {
  const place = (name: string) => LOADS.findIndex((load) => load.name === name);
  return [...new Set(measurements.map((measurement) => measurement.case))].sort((a, b) => place(a) - place(b));
}

function printTargets({ targets }: Report): void {
  if (targets.length === 0) return;
  const rows = targets.map(({ title, median, goal, met }) => [title, format(median), goal, met ? 'yes' : 'NO']);
  console.log('## Targets\n');
  console.log(`${markdownTable([['', 'measured', 'target', 'met'], ...rows], { align: ['l', 'r', 'r', 'l'] })}\n`);
}

function format(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
