import { statfs } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** The file system of the data: it determines the cost of a sync. */
  readonly fileSystem: string;
}

/** Names of common file systems, by their magic number in statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlayfs',
  801189825: 'zfs',
};

export async function describeMachine(dir = tmpdir()): Promise<Machine> {
  const processors = cpus();
  const { type: magic } = await statfs(dir);
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    fileSystem: FILE_SYSTEMS[magic] ?? `type ${magic}`,
  };
}
