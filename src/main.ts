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
let stopping = false;
/** Stops in order and ends the process, with the code it has by then: 0 unless something has failed. */
function stop(reason: string): void {
  if (stopping) return;
  stopping = true;
  if (service === undefined) process.exit(); // still starting: nothing was taken in
  logger.info('the engine is stopping', { reason });
  service.close().then(
    () => process.exit(),
    (error) => {
      logger.error('the engine did not stop cleanly', { error });
      process.exit(1);
    },
  );
}

let signals = 0;
function stopOn(signal: NodeJS.Signals): void {
  // Asked twice, somebody is in a hurry. A signal to the process group reaches a worker twice, though: from its sender
  // and from the supervising process, which ends it with SIGKILL when there is a hurry.
  if (++signals > 1 && cluster.isPrimary) process.exit(1);
  stop(signal);
}
process.on('SIGTERM', stopOn);
if (cluster.isPrimary) process.on('SIGINT', stopOn);
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

void service.failed.then((error) => {
  logger.error('the store has failed for good, and the engine ends', { error });
  process.exitCode = 1;
  stop('the store has failed');
});
