import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** Bytes the files below a directory occupy on disk (so a sparse or preallocated file counts for what it takes). */
export async function directoryBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined); // it may be gone by now
    bytes += (found?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}
