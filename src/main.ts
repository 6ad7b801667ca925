import cluster from 'node:cluster';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import type { Config } from '#infrastructure/config';
import { ConfigurationError, readEnvironment } from '#infrastructure/environment';
import { type Service, startService } from '#infrastructure/service';
import { doesBackgroundWork, superviseWorkers } from '#infrastructure/worker-processes';

/** Ends the process with code 1 and a message on stderr that a person can act on. */
function giveUp(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function configuration(): Config {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    if (error instanceof ConfigurationError) giveUp(error.message);
    throw error;
  }
}

const config = configuration();
const logger = new BudgetedLogger(createWinstonLogger(config.logLevel), systemClock);

if (cluster.isPrimary && config.workers > 1) process.exit(await superviseWorkers(config.workers, logger));

let service: Service | undefined;
let signals = 0;
function stop(reason: string): void {
  if (++signals > 1) {
    // Asked twice, somebody is in a hurry. A signal to the process group reaches a worker twice, though: from its sender
    // and from the supervising process, which ends it with SIGKILL when there is a hurry.
    if (cluster.isWorker) return;
    process.exit(1);
  }
  if (service === undefined) process.exit(0); // still starting: nothing was taken in
  logger.info('the engine is stopping', { reason });
  service.close().then(
    () => process.exit(0),
    (error) => {
      logger.error('the engine did not stop cleanly', { error });
      process.exit(1);
    },
  );
}
process.on('SIGTERM', () => stop('SIGTERM'));
if (cluster.isPrimary) process.on('SIGINT', () => stop('SIGINT'));
else {
  process.on('SIGINT', () => {}); // a terminal signals the whole group; the supervising process passes on SIGTERM
  process.on('disconnect', () => stop('the supervising process has ended'));
}

try {
  service = await startService(config, { logger, background: doesBackgroundWork(process.env) });
} catch (error) {
  logger.error('the engine cannot start', { error });
  giveUp(`the engine cannot start: ${error instanceof Error ? error.message : String(error)}`);
}
