import { ATTACKS } from '../load/attacks.ts';
import { BATCH_1000, BATCH_1000_EXTRA, LOADS, SINGLE_64, SINGLE_256 } from '../scenarios/loads.ts';
import { type Key, type Measurements, type Metric, median } from './measurements.ts';

/** A target we set ourselves: for a value, or for its ratio to another value of the same repetition. */
interface Target {
  readonly title: string;
  readonly of: Key;
  readonly over?: Key;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Judgement {
  readonly title: string;
  /** One value per repetition. */
  readonly repetitions: readonly number[];
  readonly median: number;
  readonly goal: string;
  readonly met: boolean;
}

/** Judges every target whose numbers were measured. */
export function judge(measurements: Measurements): Judgement[] {
  return targets.flatMap((target) => {
    const repetitions = valuesOf(target, measurements);
    if (repetitions.length === 0) return [];
    const value = median(repetitions);
    const met = value >= (target.atLeast ?? -Infinity) && value <= (target.atMost ?? Infinity);
    const goal = target.atLeast === undefined ? `<= ${target.atMost}` : `>= ${target.atLeast}`;
    return [{ title: target.title, repetitions, median: value, goal, met }];
  });
}

function valuesOf({ of, over }: Target, measurements: Measurements): number[] {
  const values = measurements.find(of)?.repetitions ?? [];
  if (over === undefined) return [...values];
  const others = measurements.find(over)?.repetitions ?? [];
  return values.flatMap((value, repetition) => {
    const other = others[repetition];
    return other === undefined || other === 0 ? [] : [Number((value / other).toPrecision(4))];
  });
}

function rateOf(candidate: string, load: { readonly name: string }): Key {
  return { scenario: 'throughput', case: load.name, candidate, metric: 'rate' };
}

function timeOf(candidate: string, ofCase: string, metric: 'p50' | 'p99'): Key {
  return { scenario: 'reads', case: ofCase, candidate, metric };
}

function faster(title: string, of: string, over: string, load: { readonly name: string }, atLeast: number): Target {
  return { title: `${title}, ${load.name}`, of: rateOf(of, load), over: rateOf(over, load), atLeast };
}

const targets: readonly Target[] = [
  faster('engine on SQLite / InfluxDB', 'engine-sqlite', 'influxdb', BATCH_1000, 1.4),
  faster('engine on SQLite / VictoriaMetrics', 'engine-sqlite', 'victoriametrics', BATCH_1000, 0.8),
  faster('engine on SQLite / QuestDB', 'engine-sqlite', 'questdb', BATCH_1000, 1),
  faster('engine on SQLite / InfluxDB', 'engine-sqlite', 'influxdb', SINGLE_64, 1.2),
  faster('engine on SQLite / InfluxDB', 'engine-sqlite', 'influxdb', SINGLE_256, 1.5),
  faster('engine on SQLite / hono alone', 'engine-sqlite', 'hono-alone', SINGLE_64, 0.6),
  faster('engine on SQLite / hono alone', 'engine-sqlite', 'hono-alone', SINGLE_256, 0.6),
  faster('engine on MongoDB / MongoDB driver', 'engine-mongodb', 'driver-mongodb', BATCH_1000, 0.9),
  faster('engine on MongoDB / naive', 'engine-mongodb', 'naive', SINGLE_64, 6),
  faster('engine on MongoDB / naive', 'engine-mongodb', 'naive', SINGLE_256, 8),
  {
    title: 'engine on SQLite with an extra member in each reading / without, batches of 1,000',
    of: rateOf('engine-sqlite', BATCH_1000_EXTRA),
    over: rateOf('engine-sqlite', BATCH_1000),
    atLeast: 0.9,
  },
  ...LOADS.flatMap((load) => [
    faster('engine on SQLite / baseline', 'engine-sqlite', 'baseline-sqlite', load, 0.97),
    faster('engine on SQLite with keys and scrapes / baseline', 'engine-keys', 'baseline-sqlite', load, 0.93),
    faster('engine on SQLite with keys and scrapes / without', 'engine-keys', 'engine-sqlite', load, 0.93),
    faster('engine on MongoDB / baseline', 'engine-mongodb', 'baseline-mongodb', load, 0.97),
  ]),
  {
    title: "24 h of one vehicle, p50: engine on SQLite / InfluxDB's sum and mean",
    of: timeOf('engine-sqlite', '1 million readings', 'p50'),
    over: timeOf('influxdb', '1 million readings', 'p50'),
    atMost: 1,
  },
  {
    title: '24 h of one vehicle, p50 in ms: engine on MongoDB',
    of: timeOf('engine-mongodb', '1 million readings', 'p50'),
    atMost: 10,
  },
  ...['engine-sqlite', 'engine-mongodb'].flatMap((candidate): Target[] => [
    {
      title: `24 h of one vehicle, p99 at 10 million / at 1 million readings: ${candidate}`,
      of: timeOf(candidate, '10 million readings', 'p99'),
      over: timeOf(candidate, '1 million readings', 'p99'),
      atMost: 1.5,
    },
    {
      title: `live reads under full load, p99 in ms: ${candidate}`,
      of: { scenario: 'live-reads', case: 'under full load', candidate, metric: 'p99' },
      atMost: 25,
    },
    {
      title: `flat: rate of the last fifth / the first: ${candidate}`,
      of: { scenario: 'flat', case: 'all fifths', candidate, metric: 'flatness' },
      atLeast: 0.9,
    },
    {
      title: `flat: disk bytes a reading: ${candidate}`,
      of: { scenario: 'flat', case: 'all fifths', candidate, metric: 'bytesPerReading' },
      atMost: 60,
    },
    ...overloadTargets(candidate),
    ...attackTargets(candidate),
  ]),
  {
    title: 'fleet efficiency of a full day, ms: engine on SQLite',
    of: { scenario: 'day', case: 'fleet efficiency', candidate: 'engine-sqlite', metric: 'p50' },
    atMost: 50,
  },
  {
    title: 'energy of a full day, error in mWh: engine on SQLite',
    of: { scenario: 'day', case: 'fleet efficiency', candidate: 'engine-sqlite', metric: 'energyError' },
    atMost: 0,
  },
  ...analyticsTargets('engine-sqlite', { losses: 1_000, month: 20 }),
  ...analyticsTargets('engine-mongodb', { losses: 3_000, month: 50 }),
  {
    title: 'CSV of 10 million readings: peak resident memory in MiB',
    of: { scenario: 'export', case: 'CSV', candidate: 'engine-sqlite', metric: 'residentMemory' },
    atMost: 300,
  },
];

function analyticsTargets(candidate: string, { losses, month }: { losses: number; month: number }): Target[] {
  const of = (ofCase: string, metric: Key['metric']): Key => ({
    scenario: 'analytics',
    case: ofCase,
    candidate,
    metric,
  });
  return [
    {
      title: `losses of 10,000 linked vehicles over 24 h, ms: ${candidate}`,
      of: of('losses of all vehicles over 24 h', 'p50'),
      atMost: losses,
    },
    {
      title: `single posts, p99 while losses are asked / alone: ${candidate}`,
      of: of('single posts, 16 connections, while losses are asked', 'p99'),
      over: of('single posts, 16 connections, alone', 'p99'),
      atMost: 2,
    },
    {
      title: `one vehicle of 10,000 over 30 days, p50 in ms: ${candidate}`,
      of: of('one vehicle over 30 days', 'p50'),
      atMost: month,
    },
  ];
}

/** What honest clients notice is judged beside the first attack, which costs its clients next to nothing. */
function attackTargets(candidate: string): Target[] {
  const of = (ofCase: string, metric: Metric): Key => ({ scenario: 'attack', case: ofCase, candidate, metric });
  const cheapest = ATTACKS[0];
  return [
    {
      title: `${cheapest}: p99 of honest posts / alone: ${candidate}`,
      of: of(`posts, ${cheapest}`, 'p99'),
      over: of(`posts before ${cheapest}`, 'p99'),
      atMost: 2,
    },
    { title: `${cheapest}: live reads, p99 in ms: ${candidate}`, of: of(`live reads, ${cheapest}`, 'p99'), atMost: 50 },
    { title: `${cheapest}: honest posts refused: ${candidate}`, of: of(`posts, ${cheapest}`, 'refused'), atMost: 0 },
    ...ATTACKS.flatMap((attack): Target[] => [
      {
        title: `${attack}: readiness checks failed: ${candidate}`,
        of: of(`readiness, ${attack}`, 'notReady'),
        atMost: 0,
      },
      {
        title: `${attack}: peak resident memory in MiB: ${candidate}`,
        of: of(`process, ${attack}`, 'residentMemory'),
        atMost: 512,
      },
    ]),
  ];
}

function overloadTargets(candidate: string): Target[] {
  const of = (metric: Key['metric']): Key => ({ scenario: 'overload', case: '10 x sustainable', candidate, metric });
  return [
    { title: `overload: p99 of accepted requests in ms: ${candidate}`, of: of('p99FromSending'), atMost: 1_000 },
    { title: `overload: peak resident memory in MiB: ${candidate}`, of: of('residentMemory'), atMost: 512 },
    { title: `overload: seconds until full speed is back: ${candidate}`, of: of('recovery'), atMost: 5 },
    { title: `overload: refusals without Retry-After: ${candidate}`, of: of('withoutRetryAfter'), atMost: 0 },
    { title: `overload: requests left without a clear answer: ${candidate}`, of: of('unconfirmed'), atMost: 0 },
    { title: `overload: acknowledged readings missing: ${candidate}`, of: of('missing'), atMost: 0 },
    { title: `overload: readings counted twice: ${candidate}`, of: of('doubled'), atMost: 0 },
  ];
}
