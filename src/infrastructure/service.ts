import pTimeout from 'p-timeout';
import { createApp } from '#adapters/inbound/http/app';
import { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
import type { CheckedClock } from '#application/checked-clock';
import type { Clock } from '#application/ports/clock';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { Background, type BackgroundTask } from './background.ts';
import { CUSTOM } from './combine-stores.ts';
import type { Config } from './config.ts';
import { createContainer, resolve, resolveUseCases } from './container.ts';
import { HttpServer } from './http-server.ts';
import { missingFlags, requireSupportedNode } from './launch.ts';
import { openStore } from './open-store.ts';
import type { UseCases } from './use-cases.ts';

/** How long requests in flight may take when the service stops; the whole stop takes less than 10 s. */
const STOP_GRACE: Millis = 7 * SECOND;
/** How long the remaining commits and closing the store may take after that. */
const STORE_GRACE: Millis = 2 * SECOND;

/** How long keeping the time may take of that: a store that is away must not hold up the stop. */
const KEEP_GRACE: Millis = SECOND / 2;

/** The base of URLs when nothing listens. No such host can exist. */
const IN_PROCESS = 'http://engine.invalid';

/** A running engine. */
export interface Service {
  /** Base URL, such as `http://127.0.0.1:3000`. Without a listener it serves only to build requests for `fetch`. */
  readonly url: string;
  /** Answers a request in this process, as it would be answered over HTTP: for tests, and for adapters of your own. */
  fetch(request: Request): Promise<Response>;
  /**
   * Closes hours, evaluates losses and drops old history once, as of the clock's time. Rejects with the first failure.
   * For tests with a clock of their own and `background: false`; otherwise this happens every minute.
   */
  runBackground(): Promise<void>;
  /**
   * Resolves with the reason when the store has failed for good. The service answers 503 from then on: close it and
   * end the process, so that its supervisor starts a new one.
   */
  readonly failed: Promise<Error>;
  /**
   * Stops accepting requests, finishes those in flight and their commits, and closes the store. Rejects within 10 s when
   * the store does not close; readings it has not confirmed were not acknowledged either. Safe to call twice.
   */
  close(): Promise<void>;
}

export interface ServiceOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /**
   * A store to use instead of the configured one; `combineStores` makes one from a store of readings and one of records.
   * The service closes it when it stops.
   */
  readonly store?: EngineStore;
  /** `false`: opens no port; requests come through `fetch`. */
  readonly listen?: boolean;
  /** Whether this process closes hours, evaluates losses and drops old history; true by default. */
  readonly background?: boolean;
}

/**
 * Starts the engine: opens the store, wires the use cases, listens. Rejects, with everything closed again, when the
 * store cannot be opened or the address is taken, and at once on a Node that is too old.
 */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  requireSupportedNode();
  const { logger } = options;
  const missing = missingFlags();
  if (missing.length > 0) logger.info('Node runs without flags that the engine is tuned for', { missing });
  const store = options.store ?? (await openStore(config.store, { logger }));
  try {
    return await serve(config, options, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function serve(config: Config, options: ServiceOptions, store: EngineStore): Promise<Service> {
  const { logger } = options;
  const container = createContainer({ ...options, config, store });
  const useCases = resolveUseCases(container);
  const groupCommit = resolve(container, 'groupCommit');
  const clock = resolve(container, 'checkedClock');
  await clock.start({ trust: config.trustClock });
  if (!clock.isBehind()) await useCases.recoverHorizon.recover();

  const ingestLog = new IngestLog(logger);
  let stopping = false;
  const app = createApp({
    ...useCases,
    health: store.health,
    isStopping: () => stopping,
    clock,
    clockFault: () => clock.fault(),
    logger,
    ingestLog,
    ingestCapacity: groupCommit,
    acceptedTime: clock.acceptedTime,
    bodyLimit: config.bodyLimit,
  });
  const server =
    options.listen === false ? undefined : await HttpServer.listen(app.fetch, config.host, config.port, { logger });
  const url = server?.url ?? IN_PROCESS;
  const { name = CUSTOM } = store;
  logger.info(server ? 'the engine is listening' : 'the engine is ready', { url, store: name, pid: process.pid });

  const keepTime: BackgroundTask = { name: 'keep time', run: () => clock.keep() };
  const tasks = upkeepTasks(useCases, clock);
  const background = new Background(options.background === false ? [] : tasks, logger);
  const timekeeping = new Background([keepTime], logger); // beside the others, which may take long

  const close = async () => {
    stopping = true;
    await Promise.all([server?.close(STOP_GRACE), background.close(STOP_GRACE), timekeeping.close(STOP_GRACE)]);
    const storeClosed = groupCommit
      .drain()
      .then(() => pTimeout(clock.keep(), { milliseconds: KEEP_GRACE, message: false }))
      .then(() => store.close());
    const message = `the store has not closed within ${STORE_GRACE / SECOND} s`;
    await pTimeout(storeClosed, { milliseconds: STORE_GRACE, message }).finally(() => ingestLog.flush());
    logger.info('the engine has stopped');
  };
  let closed: Promise<void> | undefined;
  return {
    url,
    fetch: async (request) => app.fetch(request),
    runBackground: async () => {
      for (const { run } of [keepTime, ...tasks]) await run(new AbortController().signal);
    },
    failed: store.failed ?? new Promise(() => {}),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * In this order: losses are evaluated on closed hours, and history is dropped once nothing needs it. None of it is done
 * while the time is not settled.
 */
function upkeepTasks(useCases: UseCases, clock: CheckedClock): BackgroundTask[] {
  const { recoverHorizon, closeHours, detectLosses, dropOldHistory } = useCases;
  const tasks: BackgroundTask[] = [
    { name: 'recover the horizon', run: () => recoverHorizon.recover() },
    { name: 'close hours', run: (signal) => closeHours.close(signal) },
    { name: 'detect losses', run: (signal) => detectLosses.detect(signal) },
    { name: 'drop old history', run: (signal) => dropOldHistory.drop(signal) },
  ];
  return tasks.map(({ name, run }) => ({
    name,
    run: async (signal) => {
      if (clock.isSettled()) await run(signal);
    },
  }));
}
