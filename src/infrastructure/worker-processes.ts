import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { gatherForWorkers } from './metrics/worker-metrics.ts';

/** A dead worker is replaced after this delay, so that one that dies at once does not burn a core. */
const RESTART_DELAY: Millis = SECOND;

/** Set for a worker process: its number, from 1. */
const WORKER_NUMBER = 'ENGINE_WORKER';
const FIRST = '1';

/** The number of this worker; `undefined` for an engine of one process. A worker's replacement has the same number. */
export function workerNumber(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return environment[WORKER_NUMBER];
}

/** Whether the process with this number closes hours, evaluates losses and drops old history: the first worker does. */
export function doesBackgroundWork(number: string | undefined): boolean {
  return number === undefined || number === FIRST;
}

/**
 * Runs several worker processes that share the listening socket, each a whole engine with its own lane in the store.
 * A worker that dies is replaced, again and again while the store is away. If one cannot start before any other has
 * listened, all of them end. With `forwardsHangup` they get each SIGHUP, which
 * otherwise ends this process. Resolves with this process's exit code when every worker has ended.
 */
export function superviseWorkers(
  count: number,
  logger: Logger,
  { forwardsHangup = false }: { readonly forwardsHangup?: boolean } = {},
): Promise<number> {
  const workers = new Set<Worker>();
  let stopping = false;
  let haveListened = false;
  let code = 0;

  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    for (const worker of workers) worker.process.kill(signal);
  };

  return new Promise((resolve) => {
    gatherForWorkers();
    const start = (number: number) => {
      const worker = cluster.fork({ [WORKER_NUMBER]: String(number) });
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
          setTimeout(() => (stopping ? undefined : start(number)), RESTART_DELAY);
          return;
        } else {
          code = 1;
          stop('SIGTERM');
        }
        if (workers.size === 0) resolve(code);
      });
    };
    for (let number = 1; number <= count; number++) start(number);

    if (forwardsHangup) {
      process.on('SIGHUP', () => {
        for (const worker of workers) worker.process.kill('SIGHUP');
      });
    }
    let signals = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stop(++signals > 1 ? 'SIGKILL' : 'SIGTERM');
        if (workers.size === 0) resolve(code);
      });
    }
  });
}
