import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** The bytes that the files below a directory occupy on disk, whatever their nominal size. */
export async function directoryBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined); // it may be deleted by now
    bytes += (found?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}
