import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The first line of a program's version output; `undefined` when it is not installed. */
export async function versionOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(file, args);
    return (stdout || stderr).trim().split('\n')[0];
  } catch {
    return undefined;
  }
}
