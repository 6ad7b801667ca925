import { setTimeout as sleep } from 'node:timers/promises';
import { DAY, floorTo } from '#domain/time/time';
import type { Candidate, Running } from '../candidates/candidate.ts';
import { type InfluxAnswer, influxQuery } from '../candidates/influxdb.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { vehicleId } from '../load/fleet.ts';
import { Latencies } from '../load/latencies.ts';
import { Session } from '../load/session.ts';
import { HttpReader } from '../support/http.ts';
import { fillWithDays } from './fill.ts';

const MINUTES = 1_440;

/** One day of this many vehicles, with 1,440 readings each. */
const SIZES = [
  { name: '1 million readings', vehicles: 700 },
  { name: '10 million readings', vehicles: 7_000 },
] as const;

/** Takes many minutes to fill with the larger size, so that this happens with `--all` only. */
const SLOW_TO_FILL = ['engine-mongodb'];

/** How to ask a candidate for the energy and average battery temperature of one vehicle in [from, to). */
interface Query {
  path(vehicle: string, from: number, to: number): string;
  /** The number of readings behind the answer; `undefined` when it is not part of the answer. */
  readingsIn(body: string): number | undefined;
}

const performanceReport: Query = {
  path: (vehicle, from, to) =>
    `/v1/analytics/performance/${vehicle}?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`,
  readingsIn: (body) => (JSON.parse(body) as PerformanceAnswer).coverage.vehicle.readings,
};

interface PerformanceAnswer {
  readonly coverage: { readonly vehicle: { readonly readings: number } };
}

const QUERIES: Readonly<Record<string, Query>> = {
  'engine-sqlite': performanceReport,
  'engine-mongodb': performanceReport,
  influxdb: {
    path: (vehicle, from, to) =>
      influxQuery(
        'SELECT sum(kwhDeliveredDc), mean(batteryTemp), count(soc) FROM vehicle ' +
          `WHERE id = '${vehicle}' AND time >= ${from}ms AND time < ${to}ms`,
      ),
    readingsIn: (body) => (JSON.parse(body) as InfluxAnswer).results[0]?.series?.[0]?.values[0]?.[3],
  },
};

/** Asks for 24 hours of one vehicle over HTTP, one request at a time, at two sizes of the history. */
export const reads: Scenario = {
  name: 'reads',
  title: '24 hours of one vehicle, 1,440 readings, over HTTP',
  inDefaultRun: true,

  async run(context) {
    for (const size of SIZES) {
      const asked = context.candidates.filter(
        ({ name }) => name in QUERIES && (size === SIZES[0] || context.options.all || !SLOW_TO_FILL.includes(name)),
      );
      const filled: { candidate: Candidate; running: Running }[] = [];
      try {
        for (const candidate of asked) {
          context.say(`${candidate.label}: filling in ${size.name}`);
          await context.guard(candidate, async () => {
            const running = await candidate.start(context.options.dir);
            try {
              await fill(context, running, size.vehicles);
            } catch (error) {
              await running.stop();
              throw error;
            }
            filled.push({ candidate, running });
          });
        }
        await sleep(context.options.quick ? 0 : SETTLE_MILLISECONDS);
        for (let repetition = 0; repetition < context.options.repetitions; repetition++) {
          for (const { candidate, running } of filled) {
            context.say(`${candidate.label}: asking at ${size.name}`);
            await context.guard(candidate, () => ask(context, candidate, running, size));
          }
        }
      } finally {
        for (const { running } of filled) await running.stop();
      }
    }
  },
};

/** For the background work of all candidates: closing hours, compacting recent writes. */
const SETTLE_MILLISECONDS = 100_000;

/** The day before yesterday, so that no reading lies in the future. */
const FROM = floorTo(DAY, Date.now()) - 2 * DAY;

async function fill({ options }: BenchContext, running: Running, vehicles: number): Promise<void> {
  const session = new Session(running, { devices: options.quick ? 70 : vehicles, mix: 'vehicles', start: FROM });
  await fillWithDays(session, { size: options.quick ? 70 : 700, rounds: MINUTES });
}

async function ask(
  { options, measurements }: BenchContext,
  candidate: Candidate,
  running: Running,
  size: (typeof SIZES)[number],
): Promise<void> {
  const query = QUERIES[candidate.name] as Query;
  const vehicles = options.quick ? 70 : size.vehicles;
  const requests = options.quick ? 20 : 2_000;
  const reader = new HttpReader(running.port ?? 0);
  const latencies = new Latencies();
  const warmUp = requests / 5;
  for (let i = 0; i < warmUp + requests; i++) {
    const vehicle = vehicleId((i * 7_919) % vehicles); // a prime stride, spread over the whole fleet
    const sent = performance.now();
    const { status, body } = await reader.get(query.path(vehicle, FROM, FROM + DAY));
    const took = performance.now() - sent;
    if (status !== 200) throw new Error(`${candidate.label} answered ${status}: ${body.slice(0, 300)}`);
    if (i === 0) assertReadings(candidate, MINUTES, query.readingsIn(body));
    if (i >= warmUp) latencies.record(took);
  }
  reader.close();
  for (const percent of [50, 99] as const) {
    const key = { scenario: 'reads', case: size.name, candidate: candidate.name, metric: `p${percent}` } as const;
    measurements.add(key, latencies.percentile(percent));
  }
}

function assertReadings({ label }: Candidate, wanted: number, found: number | undefined): void {
  if (found !== wanted) throw new Error(`${label} found ${found} readings in 24 h, not ${wanted}`);
}
