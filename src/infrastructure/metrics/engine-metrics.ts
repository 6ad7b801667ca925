import { type Metric, Registry } from '@prometheus-io/client';
import pTimeout from 'p-timeout';
import type { HttpMeasures } from '#adapters/inbound/http/http-measures';
import type { MetricsText } from '#adapters/inbound/http/metrics-routes';
import type { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import type { CheckedClock } from '#application/checked-clock';
import type { IngestLedger } from '#application/ingest-ledger';
import { countOpenWarnings } from '#application/losses/list-warnings';
import type { EngineStore } from '#application/ports/engine-store';
import type { CloseHours } from '#application/upkeep/close-hours';
import { type Millis, SECOND } from '#domain/time/time';
import type { ClientConnections } from '../client-connections.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { counter, gauge, histogram, type Sample } from './metric.ts';
import { processMetrics } from './process-metrics.ts';

/** What the metrics are read from. */
export interface MetricSources {
  readonly version: string;
  readonly ledger: IngestLedger;
  readonly groupCommit: GroupCommitWriter;
  readonly httpMeasures: HttpMeasures;
  readonly connections: () => Pick<ClientConnections, 'open' | 'refused'> | undefined;
  readonly eventLoopLag: EventLoopLag;
  readonly clock: CheckedClock;
  readonly store: EngineStore;
  readonly closeHours: CloseHours;
  /** Whether to include the metrics of the store as a whole. Only one of the processes that share it should. */
  readonly showsStore: boolean;
}

/** Less than metrics wait for a value. */
const CHECK_TIMEOUT: Millis = 1.5 * SECOND;

const only = (value: number): readonly Sample[] => [{ value }];

/** All metrics of this process. docs/operations.md lists them. */
export function engineMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  const metrics = [
    ...readingMetrics(sources),
    ...commitMetrics(sources),
    ...httpMetrics(sources),
    ...stateMetrics(sources),
    ...(sources.showsStore ? storeMetrics(sources) : []),
    ...processMetrics(),
  ];
  for (const metric of metrics) registry.registerMetric(metric);
  return registry;
}

/** The metrics of one process in the text format. */
export async function metricsText(registry: Registry): Promise<MetricsText> {
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function readingMetrics({ ledger }: MetricSources): Metric[] {
  return [
    counter('eie_readings_received_total', 'Readings that got an outcome, by stream.', () =>
      [...ledger.received()].map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    counter('eie_readings_total', 'Readings by stream, outcome and reason; together as many as were received.', () =>
      ledger
        .entries()
        .map(({ kind, outcome, reason, readings }) => ({ labels: { kind, outcome, reason }, value: readings })),
    ),
  ];
}

function commitMetrics({ groupCommit }: MetricSources): Metric[] {
  return [
    histogram('eie_commit_readings', 'Readings of a commit.', () => [{ histogram: groupCommit.measures.readings }]),
    histogram('eie_commit_duration_seconds', 'How long a commit took.', () => [
      { histogram: groupCommit.measures.seconds },
    ]),
    counter('eie_commits_failed_total', 'Commits that the store did not confirm.', () =>
      only(groupCommit.measures.failed),
    ),
    gauge('eie_queue_readings', 'Readings accepted and not answered yet.', () => only(groupCommit.queuedReadings)),
    gauge('eie_queue_max_readings', 'Readings that may be in the queue; fewer while the store is slow.', () =>
      only(groupCommit.maxQueuedReadings),
    ),
    counter('eie_queue_refused_requests_total', 'Requests refused because the queue was full.', () =>
      only(groupCommit.measures.refusedRequests),
    ),
  ];
}

function httpMetrics({ httpMeasures, connections }: MetricSources): Metric[] {
  return [
    histogram(
      'eie_http_request_duration_seconds',
      'From the headers of a request to the moment when its answer is ready, by route.',
      () =>
        httpMeasures.durations().map(({ method, route, status, seconds }) => ({
          labels: { method, route, status: String(status) },
          histogram: seconds,
        })),
    ),
    counter('eie_http_requests_refused_total', 'Requests answered with a problem, by its code.', () =>
      [...httpMeasures.refusals()].map(([code, value]) => ({ labels: { code }, value })),
    ),
    gauge('eie_http_connections', 'Open connections of clients.', () => only(connections()?.open ?? 0)),
    counter('eie_http_connections_refused_total', 'Connections closed at once, because too many were open.', () =>
      only(connections()?.refused ?? 0),
    ),
  ];
}

function stateMetrics({ eventLoopLag, clock, store, version }: MetricSources): Metric[] {
  return [
    histogram('eie_event_loop_lag_seconds', 'How late timers run in the thread that serves requests.', () => [
      { histogram: eventLoopLag.seconds },
    ]),
    gauge('eie_clock_in_doubt', '1 while the clock keeps the engine from its work.', () =>
      only(clock.fault() === undefined ? 0 : 1),
    ),
    gauge('eie_store_up', '1 if the store can take readings now.', async () => only((await isUp(store)) ? 1 : 0)),
    gauge(
      'eie_live_projection_lag_seconds',
      'How long the live document that waits longest has to be written.',
      async () => {
        const { liveLag } = (await store.measure?.()) ?? {};
        return liveLag === undefined ? [] : only(liveLag / SECOND);
      },
    ),
    gauge('eie_build_info', 'Always 1; the labels say what runs.', () => [
      { labels: { version, store: store.name ?? 'custom' }, value: 1 },
    ]),
  ];
}

/** A store that takes too long to answer counts as down. */
async function isUp({ health }: EngineStore): Promise<boolean> {
  const check = health.check().then(
    () => true,
    () => false,
  );
  return pTimeout(check, { milliseconds: CHECK_TIMEOUT, fallback: () => false });
}

/** What is the same in all processes on one store. */
function storeMetrics({ store, closeHours }: MetricSources): Metric[] {
  return [
    gauge('eie_store_size_bytes', 'Bytes that the data and their indexes take.', async () => {
      const { sizeBytes } = (await store.measure?.()) ?? {};
      return sizeBytes === undefined ? [] : only(sizeBytes);
    }),
    gauge('eie_rollups_pending', 'Hours of all streams that are over and not summed up yet.', async () =>
      only(await closeHours.waiting()),
    ),
    gauge('eie_warnings_open', 'Loss warnings that are open.', async () =>
      only(await countOpenWarnings(store.warnings)),
    ),
  ];
}
