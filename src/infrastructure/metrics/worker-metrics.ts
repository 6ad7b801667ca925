import cluster from 'node:cluster';
import { AggregatorRegistry, type Registry } from '@prometheus-io/client';
import pTimeout from 'p-timeout';
import type { MetricsText } from '#adapters/inbound/http/metrics-routes';
import { type Millis, SECOND } from '#domain/time/time';

/** Longer than the supervising process waits for the workers. */
const TIMEOUT: Millis = 6 * SECOND;
const TYPE = 'energy-ingestion-engine:metrics';

/** From a worker to the supervising process, and back with a text or an error. */
interface Message {
  readonly type: typeof TYPE;
  readonly scrape: number;
  readonly text?: string;
  readonly error?: string;
}

/** In the supervising process: gathers the metrics of all workers whenever one of them is scraped. */
export function gatherForWorkers(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message)) return;
    const { type, scrape } = message;
    void all
      .clusterMetrics()
      .then(
        (text) => ({ text }),
        (error: Error) => ({ error: error.message }),
      )
      .then((result) => {
        if (worker.isConnected()) worker.send({ type, scrape, ...result } satisfies Message);
      });
  });
}

/**
 * In a worker: how the metrics of all workers are read. Those of each carry its number in the label `worker`, which a
 * replacement takes over: Prometheus then sees that its counters have started anew. Rejects if one does not answer.
 */
export function metricsOfAllWorkers(registry: Registry, number: string): () => Promise<MetricsText> {
  registry.setDefaultLabels({ worker: number });
  AggregatorRegistry.setRegistries(registry);
  new AggregatorRegistry(); // announces this worker to the supervising process
  const pending = new Map<number, PromiseWithResolvers<string>>();
  let scrapes = 0;
  process.on('message', (message: unknown) => {
    if (!isMessage(message)) return;
    const { scrape, text, error } = message;
    if (text === undefined) pending.get(scrape)?.reject(new Error(error));
    else pending.get(scrape)?.resolve(text);
  });
  return async () => {
    const scrape = ++scrapes;
    const answer = Promise.withResolvers<string>();
    pending.set(scrape, answer);
    try {
      process.send?.({ type: TYPE, scrape } satisfies Message);
      const text = await pTimeout(answer.promise, { milliseconds: TIMEOUT });
      return { contentType: registry.contentType, text };
    } finally {
      pending.delete(scrape);
    }
  };
}

function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === TYPE;
}
