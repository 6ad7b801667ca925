import cluster from 'node:cluster';
import type { Registry } from '@prometheus-io/client';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import type { Config } from './config.ts';
import { ConfigurationError, readEnvironment } from './environment.ts';
import { metricsOfAllWorkers } from './metrics/worker-metrics.ts';
import { type Service, startService } from './service.ts';
import { doesBackgroundWork, superviseWorkers, workerNumber } from './worker-processes.ts';

/**
 * Runs the engine as this process: configured by the environment, stopped by SIGTERM and SIGINT. Ends the process with
 * code 0 once it has stopped in order, and with 1 when it cannot start, fails or is interrupted twice.
 */
export async function runEngine(): Promise<void> {
  const config = configuration();
  const logger = new BudgetedLogger(createWinstonLogger(config.logLevel, config.logFormat), systemClock);

  if (cluster.isPrimary && config.workers > 1) {
    process.exit(await superviseWorkers(config.workers, logger, { forwardsHangup: config.keyFile !== undefined }));
  }

  let service: Service | undefined;
  let stopping = false;
  /** Stops in order and ends the process with its exit code so far: 0 unless something has failed. */
  const stop = (reason: string) => {
    if (stopping) return;
    stopping = true;
    if (service === undefined) process.exit(); // still starting: no request was accepted
    logger.info('the engine is stopping', { reason });
    service.close().then(
      () => process.exit(),
      (error) => {
        logger.error('the engine did not stop cleanly', { error });
        process.exit(1);
      },
    );
  };

  let signals = 0;
  const stopOn = (signal: NodeJS.Signals) => {
    // A second signal means now. A worker may get the first one twice, though: from whoever signals the process group
    // and from the supervising process, which uses SIGKILL when it is in a hurry.
    if (++signals > 1 && cluster.isPrimary) process.exit(1);
    stop(signal);
  };
  process.on('SIGTERM', stopOn);
  if (cluster.isPrimary) process.on('SIGINT', stopOn);
  else {
    process.on('SIGINT', () => {}); // a terminal signals the whole group; the supervising process sends SIGTERM
    process.on('disconnect', () => stop('the supervising process has ended'));
  }

  try {
    const number = workerNumber(process.env);
    const gatherMetrics = number === undefined ? undefined : (own: Registry) => metricsOfAllWorkers(own, number);
    const options = { logger, background: doesBackgroundWork(number), ...(gatherMetrics && { gatherMetrics }) };
    service = await startService(config, options);
    // Without keys SIGHUP ends the process, as always when a terminal is closed.
    if (config.keyFile !== undefined) process.on('SIGHUP', () => service?.reloadKeys());
  } catch (error) {
    logger.debug('the engine cannot start', { error });
    giveUp(
      `the engine cannot start: ${error instanceof Error ? error.message : String(error)}${advice(error, config)}`,
    );
  }

  void service.failed.then((error) => {
    logger.error('the store has failed for good; the engine is stopping', { error });
    process.exitCode = 1;
    stop('the store has failed');
  });
}

function configuration(): Config {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    if (error instanceof ConfigurationError) giveUp(error.message);
    throw error;
  }
}

/** What the user can change about a start that failed; MongoDB's errors name MONGODB_URI already. */
function advice(error: unknown, { store }: Config): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return '; set PORT to a free port';
  if (['listen', 'bind', 'getaddrinfo'].includes(syscall ?? '')) return '; check PORT and HOST';
  return store.kind === 'sqlite' ? '; set EIE_DATA_DIR to another directory' : '';
}

/** Ends the process with code 1 and a message on stderr that a person can act on. */
function giveUp(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
