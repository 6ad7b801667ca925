import { join } from 'node:path';
import { Child } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface NodeService {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Starts one of our own programs as `node <file>` and waits until it calls itself ready. */
export async function startNode(
  file: string,
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<NodeService> {
  const port = await freePort();
  const child = await Child.start({
    file: process.execPath,
    args: [join(ROOT, file)],
    env: { PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production', ...env },
    dir,
  });
  await child.ready(() => fetch(`http://127.0.0.1:${port}/health/ready`).then(mustBeOk));
  return { port, pid: child.pid, stop: child.stop };
}

function mustBeOk(response: Response): void {
  if (!response.ok) throw new Error(`not ready: ${response.status}`);
}
