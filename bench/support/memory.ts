import { readFile, writeFile } from 'node:fs/promises';

/** The peak resident memory of a process in MiB. Linux only. */
export async function peakResidentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Starts a new peak: `peakResidentMiB` is that since the last call. Linux only. */
export async function resetPeakResident(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
