/** The metrics and their units. */
export const metrics = {
  rate: 'readings/s',
  p50: 'ms',
  p99: 'ms',
  p99FromSending: 'ms',
  refusedP99: 'ms',
  refused: 'requests',
  withoutRetryAfter: 'requests',
  unconfirmed: 'requests',
  notReady: 'checks',
  unsent: 'requests',
  missing: 'readings',
  doubled: 'readings',
  energyError: 'mWh',
  flatness: 'last fifth / first fifth',
  bytesPerReading: 'bytes',
  residentMemory: 'MiB',
  recovery: 's',
  duration: 's',
} as const;

export type Metric = keyof typeof metrics;

/** Identifies a number: a metric of a candidate in a case of a scenario. */
export interface Key {
  readonly scenario: string;
  readonly case: string;
  readonly candidate: string;
  readonly metric: Metric;
}

export interface Measurement extends Key {
  readonly unit: string;
  /** One value per repetition, in order. */
  readonly repetitions: readonly number[];
  readonly median: number;
}

/** Everything measured in one run. */
export class Measurements {
  readonly #values = new Map<string, { key: Key; repetitions: number[] }>();

  /** Adds the value of the next repetition. */
  add(key: Key, value: number): void {
    const id = JSON.stringify([key.scenario, key.case, key.candidate, key.metric]);
    const entry = this.#values.get(id) ?? { key, repetitions: [] };
    entry.repetitions.push(round(value));
    this.#values.set(id, entry);
  }

  all(): readonly Measurement[] {
    return [...this.#values.values()].map(({ key, repetitions }) => ({
      ...key,
      unit: metrics[key.metric],
      repetitions,
      median: median(repetitions),
    }));
  }

  find(key: Key): Measurement | undefined {
    return this.all().find(
      (found) =>
        found.scenario === key.scenario &&
        found.case === key.case &&
        found.candidate === key.candidate &&
        found.metric === key.metric,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Rounds to 4 significant figures; more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
