import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNotEnding, onExit } from './cleanup.ts';

export interface WorkDir {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/** A new empty directory for one run of one candidate; removed by `release`, or when the benchmark ends. */
export async function workDir(parent = tmpdir()): Promise<WorkDir> {
  assertNotEnding();
  const path = await mkdtemp(join(parent, 'eie-bench-'));
  return { path, release: onExit(() => rm(path, { recursive: true, force: true, maxRetries: 5 })) };
}
