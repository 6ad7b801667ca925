#!/usr/bin/env node
import { textToPrint, UsageError } from '#infrastructure/command-line';
import { relaunchWithFlags, requireSupportedNode } from '#infrastructure/launch';

const args = process.argv.slice(2);
if (args[0] === 'keys') {
  await runKeys(args.slice(1));
} else {
  const text = orExit(() => textToPrint(args));
  if (text === undefined) await startEngine();
  else print(text);
}

async function startEngine(): Promise<void> {
  orExit(requireSupportedNode);
  relaunchWithFlags();
  // Only now: an older Node fails in the middle of these modules, and a relaunch would load them twice.
  const { runEngine } = await import('#infrastructure/engine-process');
  await runEngine();
}

async function runKeys(args: readonly string[]): Promise<void> {
  orExit(requireSupportedNode);
  const { runKeysCommand } = await import('#infrastructure/keys/keys-command');
  const output = { result: print, note: (text: string) => void process.stderr.write(text) };
  orExit(() => runKeysCommand(args, process.env, output, Date.now()));
}

function print(text: string): void {
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
