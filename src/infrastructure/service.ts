import type { Registry } from '@prometheus-io/client';
import pTimeout from 'p-timeout';
import { createApp } from '#adapters/inbound/http/app';
import { HttpMeasures } from '#adapters/inbound/http/http-measures';
import { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
import type { MetricsText } from '#adapters/inbound/http/metrics-routes';
import { AllowedHosts, isLoopback } from '#adapters/inbound/http/wire/client/allowed-hosts';
import { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
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
import { openKeyRing } from './keys/open-key-ring.ts';
import { missingFlags, requireSupportedNode } from './launch.ts';
import { engineMetrics, metricsText } from './metrics/engine-metrics.ts';
import { EventLoopLag } from './metrics/event-loop-lag.ts';
import { openStore } from './open-store.ts';
import { packageVersion } from './package-version.ts';
import type { UseCases } from './use-cases.ts';

/** How long requests in flight may take when the service stops; the whole stop takes less than 10 s. */
const STOP_GRACE: Millis = 7 * SECOND;
/** How long the remaining commits and closing the store may take after that. */
const STORE_GRACE: Millis = 2 * SECOND;

/** How long keeping the time may take of that: a store that is away must not hold up the stop. */
const KEEP_GRACE: Millis = SECOND / 2;

const MIB = 1024 * 1024;

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
  /** Reads the file of API keys again, which also happens by itself when it changes. A broken file changes nothing. */
  reloadKeys(): void;
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
  /** Merges the metrics of this process with those of others that share its port; absent: there are no others. */
  readonly gatherMetrics?: (own: Registry) => () => Promise<MetricsText>;
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

  const ingestLog = new IngestLog(logger, { logsRequests: config.logLevel === 'debug' });
  const clientAddresses = new ClientAddresses(config.trustedProxies);
  const httpMeasures = new HttpMeasures();
  const eventLoopLag = new EventLoopLag();
  const version = packageVersion();
  const keys = config.keyFile === undefined ? undefined : openKeyRing(config.keyFile, logger);
  const registry = engineMetrics({
    version,
    ledger: resolve(container, 'ledger'),
    groupCommit,
    httpMeasures,
    connections: () => server?.connections,
    eventLoopLag,
    clock,
    store,
    closeHours: useCases.closeHours,
    showsStore: options.background !== false,
  });
  let stopping = false;
  const app = createApp({
    ...useCases,
    version,
    keys: keys?.ring,
    keyBudgets: resolve(container, 'keyBudgets'),
    clientAddresses,
    corsOrigins: config.corsOrigins,
    httpMeasures,
    metrics: options.gatherMetrics?.(registry) ?? (() => metricsText(registry)),
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
  const server: HttpServer | undefined =
    options.listen === false
      ? undefined
      : await HttpServer.listen(app.fetch, config.host, config.port, {
          logger,
          clientAddresses,
          allowedHosts: allowedHosts(config),
          connectionsPerClient: config.connectionsPerAddress,
        });
  const url = server?.url ?? IN_PROCESS;
  const about = await startFields(store, { version, keys: keys?.ring.size ?? 'off', next: `${url}/` });
  logger.info(server ? 'the engine is listening' : 'the engine is ready', { url, ...about, pid: process.pid });
  if (keys === undefined && !isLoopback(config.host)) {
    logger.warn('there are no API keys: anyone who reaches the port can read and write', { host: config.host });
  }

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
    keys?.close();
    eventLoopLag.close();
    logger.info('the engine has stopped');
  };
  let closed: Promise<void> | undefined;
  return {
    url,
    fetch: async (request) => app.fetch(request),
    runBackground: async () => {
      for (const { run } of [keepTime, ...tasks]) await run(new AbortController().signal);
    },
    reloadKeys: () => keys?.reload(),
    failed: store.failed ?? new Promise(() => {}),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** What a person wants to know at the start: which version, on which data, and where to go on. */
async function startFields(store: EngineStore, about: Readonly<Record<string, unknown>>) {
  const { name = CUSTOM, location } = store;
  const { sizeBytes } = (await store.measure?.().catch(() => undefined)) ?? {};
  return {
    ...about,
    store: name,
    ...(location !== undefined && { data: location }),
    ...(sizeBytes !== undefined && { size: `${(sizeBytes / MIB).toFixed(1)} MiB` }),
  };
}

/** A page that is open in a browser must not reach an engine on the same machine under a name of its own. */
function allowedHosts({ host, allowedHosts: names }: Config): AllowedHosts | undefined {
  return names !== undefined || isLoopback(host) ? new AllowedHosts(names) : undefined;
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
