import { DAY, floorTo, HOUR, MINUTE } from '#domain/time/time';
import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { Latencies } from '../load/latencies.ts';
import { Session } from '../load/session.ts';
import { untilHoursAreClosed } from '../support/closed-hours.ts';
import { HttpReader } from '../support/http.ts';
import { ConcurrencyLimit, post } from '../support/post.ts';

const VEHICLES = 10_000;
const DAYS = 30;
/**
 * One vehicle in this many has readings on all days, the others on the last two: on MongoDB, 30 days of all vehicles
 * would take as long as everything else together. Only vehicles with all days are queried.
 */
const ONE_IN: Readonly<Record<string, number>> = { 'engine-sqlite': 1, 'engine-mongodb': 20 };
const DAYS_OF_ALL = 2;
const BATCH = 5_000;
const LOSS_REQUESTS = 5;
const VEHICLE_REQUESTS = 300;
/** In the background a month of both streams takes some minutes; more than this is a fault. */
const MAX_CLOSING_SECONDS = 900;

/** 10,000 linked vehicles with one reading per hour: losses, long windows, and ingestion at the same time. */
export const analytics: Scenario = {
  name: 'analytics',
  title: '10,000 linked vehicles: losses over 24 h, one vehicle over 30 days',
  inDefaultRun: false,

  async run(context) {
    for (const candidate of context.candidates) {
      const oneIn = ONE_IN[candidate.name];
      if (oneIn !== undefined) await context.guard(candidate, () => measure(context, candidate, oneIn));
    }
  },
};

async function measure({ options, say, measurements }: BenchContext, candidate: Candidate, oneIn: number) {
  const vehicles = options.quick ? 200 : VEHICLES;
  const running = await candidate.start(options.dir);
  const port = running.port ?? 0;
  const add = (ofCase: string, metric: 'p50' | 'p99', value: number) =>
    measurements.add({ scenario: 'analytics', case: ofCase, candidate: candidate.name, metric }, value);
  try {
    const to = floorTo(DAY, Date.now());
    const days = options.quick ? 3 : DAYS;
    const from = to - days * DAY;
    say(`${candidate.label}: filling in ${vehicles} links and ${days} days of readings`);
    await fill(port, vehicles, oneIn, from, to);
    say(`${candidate.label}: waiting for hours to be closed`);
    if (!options.quick) await untilHoursAreClosed(running, to, MAX_CLOSING_SECONDS);

    const start = floorTo(DAY, Date.now()) - 400 * DAY;
    const session = new Session(running, { devices: 1_000, mix: 'vehicles', start });
    for (let repetition = 0; repetition < options.repetitions; repetition++) {
      const alone = await singlePosts(session, 5);
      const losses = new Latencies();
      const asking = askLosses(port, to - repetition * HOUR, losses); // another day each time
      const meanwhile = await singlePosts(session, 5);
      await asking;
      add('losses of all vehicles over 24 h', 'p50', losses.percentile(50));
      add('single posts, 16 connections, alone', 'p99', alone.percentile(99));
      add('single posts, 16 connections, while losses are asked', 'p99', meanwhile.percentile(99));
    }
    const latencies = await askVehicles(port, vehicles, oneIn, from, to);
    add(`one vehicle over ${days} days`, 'p50', latencies.percentile(50));
    add(`one vehicle over ${days} days`, 'p99', latencies.percentile(99));
  } finally {
    await running.stop();
  }
}

async function fill(port: number, vehicles: number, oneIn: number, from: number, to: number): Promise<void> {
  const links = Array.from({ length: vehicles }, (_, n) => ({
    meterId: `M-${n}`,
    vehicleId: `EV-${n}`,
    from,
    to: null,
  }));
  for (let i = 0; i < links.length; i += BATCH) await post(port, '/v1/links', links.slice(i, i + BATCH));
  const sending = new ConcurrencyLimit(2);
  let batch: object[] = [];
  for (let hour = from; hour < to; hour += HOUR) {
    for (let n = 0; n < vehicles; n += hour < to - DAYS_OF_ALL * DAY ? oneIn : 1) {
      const timestamp = hour + (n % 60) * MINUTE;
      const share = Math.floor(n / 20) % 10 === 0 ? 0.7 : 0.92; // one vehicle in ten has a loss, also of those queried
      batch.push({ meterId: `M-${n}`, kwhConsumedAc: 1, voltage: 230, timestamp });
      batch.push({ vehicleId: `EV-${n}`, kwhDeliveredDc: share, soc: 50, batteryTemp: 25, timestamp });
      if (batch.length < BATCH) continue;
      const full = batch;
      batch = [];
      await sending.add(() => post(port, '/v1/ingest', full));
    }
  }
  if (batch.length > 0) await post(port, '/v1/ingest', batch);
  await sending.done();
}

async function singlePosts(session: Session, seconds: number): Promise<Latencies> {
  const load = { name: 'single posts', size: 1, connections: 16 };
  return session.with(load, async ({ lanes }) => (await closedLoop(lanes, { seconds })).latencies);
}

/** Asks several times in a row, like someone who pages through the list. */
async function askLosses(port: number, to: number, latencies: Latencies): Promise<void> {
  const path = `/v1/analytics/losses?limit=100&to=${new Date(to).toISOString()}`;
  const reader = new HttpReader(port);
  for (let i = 0; i < LOSS_REQUESTS; i++) {
    const begin = performance.now();
    const { status } = await reader.get(path);
    if (status !== 200) throw new Error(`losses were answered with ${status}`);
    latencies.record(performance.now() - begin);
  }
  reader.close();
}

async function askVehicles(
  port: number,
  vehicles: number,
  oneIn: number,
  from: number,
  to: number,
): Promise<Latencies> {
  const latencies = new Latencies();
  const reader = new HttpReader(port);
  for (let i = 0; i < VEHICLE_REQUESTS; i++) {
    const begin = performance.now();
    const { status } = await reader.get(performancePath((i * 7_919 * oneIn) % vehicles, from, to));
    if (status !== 200) throw new Error(`performance was answered with ${status}`);
    latencies.record(performance.now() - begin);
  }
  reader.close();
  return latencies;
}

function performancePath(vehicle: number, from: number, to: number): string {
  const window = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  return `/v1/analytics/performance/EV-${vehicle}?${window}`;
}
