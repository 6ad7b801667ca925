import type { Metric } from '@prometheus-io/client';
import pTimeout from 'p-timeout';
import type { Histogram } from '#application/measure/histogram';
import { type Millis, SECOND } from '#domain/time/time';

type Labels = Readonly<Record<string, string>>;

/** A value of a metric at one moment. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels?: Labels;
  readonly histogram: Histogram;
}

/** A value that is not there by then is left out: a scrape must not wait for a store that hangs. */
const READ_TIMEOUT: Millis = 2 * SECOND;

/** Reads the values of a metric when it is scraped. Those of a read that fails are left out. */
type Read<T> = () => readonly T[] | Promise<readonly T[]>;

/** A number that only grows, from the start of the process. Its name ends with `_total`. */
export function counter(name: string, help: string, read: Read<Sample>): Metric {
  return metric({ name, help, type: 'counter' }, async () => (await inTime(read)).map(withLabels));
}

/** A number that may go up and down. */
export function gauge(name: string, help: string, read: Read<Sample>): Metric {
  return metric({ name, help, type: 'gauge' }, async () => (await inTime(read)).map(withLabels));
}

export function histogram(name: string, help: string, read: Read<HistogramSample>): Metric {
  return metric({ name, help, type: 'histogram' }, async () =>
    (await inTime(read)).flatMap((one) => series(name, one)),
  );
}

interface Value {
  readonly labels: Labels;
  readonly value: number;
  /** Where it is not that of the metric. */
  readonly metricName?: string;
}

/**
 * The engine counts in plain numbers, which costs nanoseconds, and the library reads them when it is scraped: counting
 * with its own classes would cost every request a microsecond. This is what it expects of a metric that is registered.
 */
function metric(
  description: Readonly<Record<'name' | 'help' | 'type', string>>,
  values: () => Promise<Value[]>,
): Metric {
  const get = async () => ({ ...description, aggregator: 'sum', values: await values() });
  return { ...description, aggregator: 'sum', get } as unknown as Metric;
}

async function inTime<T>(read: Read<T>): Promise<readonly T[]> {
  try {
    return await pTimeout(Promise.resolve(read()), { milliseconds: READ_TIMEOUT });
  } catch {
    return [];
  }
}

function withLabels({ labels = {}, value }: Sample): Value {
  return { labels: { ...labels }, value };
}

/** Buckets are cumulative in the format, and the last one has no bound. */
function series(name: string, { labels = {}, histogram: { bounds, counts, sum } }: HistogramSample): Value[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const le = index < bounds.length ? String(bounds[index]) : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value: total },
  ];
}
