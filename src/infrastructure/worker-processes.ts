import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';

/** A dead worker is replaced after this delay, so that one that dies at once does not burn a core. */
const RESTART_DELAY: Millis = SECOND;

/** Set for a worker process when another one does the background work. */
const BACKGROUND_ELSEWHERE = 'ENGINE_BACKGROUND_ELSEWHERE';

/** Whether this process closes hours, evaluates losses and drops old history: the only one, or the first of several. */
export function doesBackgroundWork(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment[BACKGROUND_ELSEWHERE] === undefined;
}

/**
 * Runs several worker processes that share the listening socket, each a whole engine with its own lane in the store.
 * A worker that dies is replaced, again and again while the store is away. If one cannot start before any other has
 * listened, all of them end. Resolves with this process's exit code when every worker has ended.
 */
export function superviseWorkers(count: number, logger: Logger): Promise<number> {
  const workers = new Set<Worker>();
  let stopping = false;
  let haveListened = false;
  let code = 0;

  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    for (const worker of workers) worker.process.kill(signal);
  };

  return new Promise((resolve) => {
    const start = (background: boolean) => {
      const worker = cluster.fork(background ? {} : { [BACKGROUND_ELSEWHERE]: '1' });
      workers.add(worker);
      worker.on('listening', () => {
        haveListened = true;
        if (stopping) worker.process.kill('SIGTERM');
      });
      worker.on('exit', (exitCode, signal) => {
        workers.delete(worker);
        if (stopping) code ||= exitCode === 0 ? 0 : 1;
        else if (haveListened) {
          logger.error('a worker process died and will be replaced', { exitCode, signal });
          setTimeout(() => (stopping ? undefined : start(background)), RESTART_DELAY);
          return;
        } else {
          code = 1;
          stop('SIGTERM');
        }
        if (workers.size === 0) resolve(code);
      });
    };
    for (let worker = 0; worker < count; worker++) start(worker === 0);

    let signals = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stop(++signals > 1 ? 'SIGKILL' : 'SIGTERM');
        if (workers.size === 0) resolve(code);
      });
    }
  });
}
