/**
 * `npm run bench`: compares the engine with the alternatives that people would choose. See README.md in this folder.
 */
import { UsageError } from '#infrastructure/command-line';
import { relaunchWithFlags } from '#infrastructure/launch';
import { readOptions, usage } from './options.ts';
import { runBenchmark } from './run.ts';
import { releaseAll, releaseOnEnd } from './support/cleanup.ts';

relaunchWithFlags(); // the candidates that live in this process run as the engine does
releaseOnEnd();
try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(usage);
  else await runBenchmark(options);
} catch (error) {
  const isMisused = error instanceof UsageError;
  console.error(isMisused ? error.message : error);
  process.exitCode = isMisused ? 2 : 1;
} finally {
  await releaseAll();
}
