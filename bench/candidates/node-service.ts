import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v8Flags } from '#infrastructure/launch';
import { Child } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';

export const ROOT = join(import.meta.dirname, '../..');
/** The engine's flags. All our own programs run with them, so that none has an advantage. */
const NODE_OPTIONS = v8Flags();

export interface NodeService {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Node's arguments for a program of this repository. */
export function ownProgram(file: string): string[] {
  return [...NODE_OPTIONS, join(ROOT, file)];
}

/** Node's arguments for the engine in a checkout, as its own `npm start` has them. */
export async function startScript(root: string): Promise<string[]> {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
  const [, ...words] = scripts.start.split(' ');
  return words.map((word) => (word.startsWith('-') ? word : join(root, word)));
}

/** Starts a Node program and waits until it reports that it is ready. */
export async function startNode(
  args: readonly string[],
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<NodeService> {
  const port = await freePort();
  const child = await Child.start({
    file: process.execPath,
    args,
    env: { PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production', ...env },
    dir,
  });
  await child.ready(() => fetch(`http://127.0.0.1:${port}/health/ready`).then(mustBeOk));
  return { port, pid: child.pid, stop: child.stop };
}

function mustBeOk(response: Response): void {
  if (!response.ok) throw new Error(`not ready: ${response.status}`);
}
