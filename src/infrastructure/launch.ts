import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The minimum major version of Node, as in `engines` of package.json. */
const MIN_NODE = 26;
const HOW_TO_GET_IT =
  'After npm ci, npm start and npm exec -- node run one that it brings; otherwise get it from https://nodejs.org';

/** Throws if Node is too old; the engine would otherwise fail later, with an error about a missing function. */
export function requireSupportedNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= MIN_NODE) return;
  throw new Error(`energy-ingestion-engine needs Node ${MIN_NODE} or newer; this is ${version}. ${HOW_TO_GET_IT}`);
}

/** Up to this many cores one helper thread is better than V8's four; not measured with more. */
const FEW_CORES = 2;

/**
 * The V8 flags that the engine runs with, measured on two cores; ADR 9 has the effect of each. All but `--v8-pool-size`
 * concern a single heap and keep its memory bounded, so they do not depend on the number of cores.
 */
export function v8Flags(cores = availableParallelism()): string[] {
  return [
    // A young generation of 16 MiB a half stays in a core's cache: higher throughput, less memory.
    '--max-semi-space-size=16',
    // A full collection once the heap has grown by 70 %: limits the memory that queued readings take under overload.
    '--heap-growing-percent=70',
    // The objects of a batch die young, but V8 learns to allocate them in the old generation.
    '--no-allocation-site-pretenuring',
    // With no cores to spare, V8's helper threads compete with the engine's own threads.
    ...(cores <= FEW_CORES ? ['--v8-pool-size=1'] : []),
  ];
}

/** The flags that this process was started without. A flag that was set to another value is not missing. */
export function missingFlags(): string[] {
  const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].map(nameOf);
  return v8Flags().filter((flag) => !given.includes(nameOf(flag)));
}

const nameOf = (flag: string) => flag.split('=')[0]?.replaceAll('_', '-');

/** Those of `flags` that this Node knows: V8 may drop any of them, and Node does not start with an unknown one. */
export function knownFlags(flags: readonly string[]): string[] {
  return isKnown(flags) ? [...flags] : flags.filter((flag) => isKnown([flag]));
}

/** Takes 5 ms: Node checks its options, prints its version and ends before V8 starts. */
function isKnown(flags: readonly string[]): boolean {
  return spawnSync(process.execPath, [...flags, '--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Restarts the program with the missing flags, since V8 applies them only at its own start. The process keeps its id,
 * parent and standard streams; everything else is lost, so call this first.
 *
 * Returns if the program is to go on as it is: no flag is missing; the system cannot replace a process (Windows); or
 * the process has an IPC channel to its parent, which would be lost. `cluster` workers have one and inherit the flags;
 * programs under `node --watch` have one, too, and run without the flags.
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
    // Not supported, or not permitted (`--permission`): the program runs without the flags.
  }
}
