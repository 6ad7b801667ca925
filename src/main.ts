#!/usr/bin/env node
import { textToPrint, UsageError } from '#infrastructure/command-line';
import { relaunchWithFlags, requireSupportedNode } from '#infrastructure/launch';

const text = orExit(() => textToPrint(process.argv.slice(2)));
if (text === undefined) {
  orExit(requireSupportedNode);
  relaunchWithFlags();
  // Only now: an older Node fails in the middle of these modules, and a relaunch would load them twice.
  const { runEngine } = await import('#infrastructure/engine-process');
  await runEngine();
} else {
  process.stdout.on('error', () => {}); // such as `--help | head -1`
  process.stdout.write(text);
}

/** Ends the process with the message of what `check` throws: code 2 for the user's mistake, otherwise 1. */
function orExit<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
