import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a program says of its version, in one line, or `undefined` when it is not installed. */
export async function versionOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(file, args);
    return (stdout || stderr).trim().split('\n')[0];
  } catch {
    return undefined;
  }
}
