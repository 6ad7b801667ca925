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

/** A day of so many vehicles; each has 1,440 readings in it. */
const SIZES = [
  { name: '1 million readings', vehicles: 700 },
  { name: '10 million readings', vehicles: 7_000 },
] as const;

/** MongoDB takes ten minutes for ten million readings: only `--all` waits for them. */
const SLOW_TO_FILL = ['engine-mongodb'];

/** What a candidate is asked for: energy and average battery temperature of one vehicle in [from, to). */
interface Question {
  path(vehicle: string, from: number, to: number): string;
  /** How many readings the answer rests on, or `undefined` when it does not say. */
  readingsIn(body: string): number | undefined;
}

const performanceReport: Question = {
  path: (vehicle, from, to) =>
    `/v1/analytics/performance/${vehicle}?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`,
  readingsIn: (body) => (JSON.parse(body) as PerformanceAnswer).coverage.vehicle.readings,
};

interface PerformanceAnswer {
  readonly coverage: { readonly vehicle: { readonly readings: number } };
}

const QUESTIONS: Readonly<Record<string, Question>> = {
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

/** A vehicle's 24 hours over HTTP, one question at a time, at two sizes of the history. */
export const reads: Scenario = {
  name: 'reads',
  title: '24 hours of one vehicle, 1,440 readings, over HTTP',
  inDefaultRun: true,

  async run(context) {
    for (const size of SIZES) {
      const asked = context.candidates.filter(
        ({ name }) => name in QUESTIONS && (size === SIZES[0] || context.options.all || !SLOW_TO_FILL.includes(name)),
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

/** Hours are summed in the background within a minute of their end, and peers compact what was written last. */
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
  const question = QUESTIONS[candidate.name] as Question;
  const vehicles = options.quick ? 70 : size.vehicles;
  const questions = options.quick ? 20 : 2_000;
  const reader = new HttpReader(running.port ?? 0);
  const latencies = new Latencies();
  const warmUp = questions / 5;
  for (let i = 0; i < warmUp + questions; i++) {
    const vehicle = vehicleId((i * 7_919) % vehicles); // a prime stride: all over the fleet
    const sent = performance.now();
    const { status, body } = await reader.get(question.path(vehicle, FROM, FROM + DAY));
    const took = performance.now() - sent;
    if (status !== 200) throw new Error(`${candidate.label} answered ${status}: ${body.slice(0, 300)}`);
    if (i === 0) mustRestOn(candidate, MINUTES, question.readingsIn(body));
    if (i >= warmUp) latencies.record(took);
  }
  reader.close();
  for (const percent of [50, 99] as const) {
    const key = { scenario: 'reads', case: size.name, candidate: candidate.name, metric: `p${percent}` } as const;
    measurements.add(key, latencies.percentile(percent));
  }
}

function mustRestOn({ label }: Candidate, wanted: number, found: number | undefined): void {
  if (found !== wanted) throw new Error(`${label} found ${found} readings in 24 h, not ${wanted}`);
}
