import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates a directory and its missing parents, one by one. Node's own `recursive` never ends where a parent exists but
 * cannot hold directories, such as in `/proc`.
 */
export function createDirectory(directory: string): void {
  const path = resolve(directory);
  if (isDirectory(path)) return;
  if (dirname(path) !== path) createDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (cause) {
    if (isDirectory(path)) return; // created by somebody else meanwhile
    throw new Error(`cannot create the directory ${path}: ${(cause as Error).message}`, { cause });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
