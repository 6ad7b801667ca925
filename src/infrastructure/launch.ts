import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Cores up to which one helper thread is better than V8's four; with more it was not measured. */
const FEW_CORES = 2;

/**
 * The options of V8 that the engine runs with; ADR 9 has what each one gives. They were measured on two cores. All but
 * `--v8-pool-size` are about one heap, whatever the number of cores, and bound its memory.
 */
export function v8Flags(cores = availableParallelism()): string[] {
  return [
    // A young generation that stays in a core's cache: more throughput, less memory.
    '--max-semi-space-size=16',
    // A full collection once the heap has grown by 70 %: bounds the memory that waiting readings take under overload.
    '--heap-growing-percent=70',
    // Whatever a batch is made of dies young; V8 learns to allocate it among the old objects otherwise.
    '--no-allocation-site-pretenuring',
    // Helper threads compete with the engine's own threads when there are no cores to spare.
    ...(cores <= FEW_CORES ? ['--v8-pool-size=1'] : []),
  ];
}

/** The flags that this process was started without. A flag that was given another value is not missing. */
export function missingFlags(): string[] {
  const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].map(nameOf);
  return v8Flags().filter((flag) => !given.includes(nameOf(flag)));
}

const nameOf = (flag: string) => flag.split('=')[0]?.replaceAll('_', '-');

/** Those of `flags` that this Node knows. They are internals of V8, and Node does not start with one it has dropped. */
export function knownFlags(flags: readonly string[]): string[] {
  return isKnown(flags) ? [...flags] : flags.filter((flag) => isKnown([flag]));
}

/** Takes 5 ms: Node checks its options first, and `--version` ends it before V8 starts. */
function isKnown(flags: readonly string[]): boolean {
  return spawnSync(process.execPath, [...flags, '--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts the program over with the flags that are missing, for V8 heeds them at its own start only. It stays the same
 * process to its parent, with the same id; so call this before anything else has been started or written.
 *
 * Returns when the program goes on as it is: nothing is missing; the system cannot replace a process (Windows); or the
 * process has an IPC channel, which would not survive. `cluster` workers have one, and they inherit the flags;
 * `node --watch` uses one, too, and its programs run without.
 */
export function relaunchWithFlags(): void {
  if (process.execve === undefined || process.send !== undefined) return;
  const missing = missingFlags();
  if (missing.length === 0) return;
  try {
    const flags = knownFlags(missing);
    if (flags.length === 0) return;
    const args = [process.argv0, ...flags, ...process.execArgv, ...process.argv.slice(1)];
    process.execve(process.execPath, args, process.env);
  } catch {
    // Not possible here, or not permitted (`--permission`): it runs all the same.
  }
}
