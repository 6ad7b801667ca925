import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { throughputChart } from './chart.ts';
import type { Report } from './report.ts';

const ROOT = join(import.meta.dirname, '../..');
const RESULTS = join(ROOT, 'bench/results');

/** Writes the results to `bench/results`. Resolves with the names of the files. */
export async function writeReport(report: Report): Promise<string[]> {
  await mkdir(RESULTS, { recursive: true });
  const files = [[`${report.options.name}.json`, `${JSON.stringify(withoutPaths(report), null, 2)}\n`]];
  const chart = throughputChart(report);
  if (chart !== undefined) files.push([`${report.options.name}-throughput.svg`, chart]);
  const written: string[] = [];
  for (const [name, content] of files as [string, string][]) {
    await writeFile(join(RESULTS, name), content);
    written.push(relative(process.cwd(), join(RESULTS, name)));
  }
  return written;
}

/** Removes local paths, because results are published. */
function withoutPaths(report: Report): Report {
  const failures = report.failures.map((failure) => failure.replaceAll(ROOT, '.'));
  return { ...report, failures, options: { ...report.options, dir: undefined, baseline: undefined } };
}
