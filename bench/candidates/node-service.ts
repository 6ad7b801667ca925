import { join } from 'node:path';
import { v8Flags } from '#infrastructure/launch';
import { Child } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The engine's flags. All our own programs run with them, so that none has an advantage. */
const NODE_OPTIONS = v8Flags();

export interface NodeService {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Starts one of our own programs as `npm start` would and waits until it calls itself ready. */
export async function startNode(
  file: string,
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<NodeService> {
  const port = await freePort();
  const child = await Child.start({
    file: process.execPath,
    args: [...NODE_OPTIONS, join(ROOT, file)],
    env: { PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production', ...env },
    dir,
  });
  await child.ready(() => fetch(`http://127.0.0.1:${port}/health/ready`).then(mustBeOk));
  return { port, pid: child.pid, stop: child.stop };
}

function mustBeOk(response: Response): void {
  if (!response.ok) throw new Error(`not ready: ${response.status}`);
}
