import { milliwattHoursFromKwh } from '#domain/energy/energy';
import { DAY, floorTo } from '#domain/time/time';
import type { Candidate } from '../candidates/candidate.ts';
import { fleetAnswer, fleetPath } from '../candidates/fleet-readings.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { Latencies } from '../load/latencies.ts';
import { Session } from '../load/session.ts';
import { HttpReader } from '../support/http.ts';
import { fillWithDays } from './fill.ts';

/** 10,000 meters and 10,000 vehicles with one reading per minute each: 28.8 million readings. */
const DEVICES = 20_000;
const MINUTES = 1_440;
const BATCH = 5_000;
const REQUESTS = 200;

/** Loads one day of the full fleet, then asks for its efficiency, which must be exact. */
export const day: Scenario = {
  name: 'day',
  title: 'One day of 10,000 meters and 10,000 vehicles, engine on SQLite',
  inDefaultRun: false,

  async run(context) {
    const candidate = context.candidates.find(({ name }) => name === 'engine-sqlite');
    if (candidate === undefined) return;
    await context.guard(candidate, () => measure(context, candidate));
  },
};

async function measure(context: BenchContext, candidate: Candidate): Promise<void> {
  const rounds = context.options.quick ? 3 : MINUTES;
  const from = floorTo(DAY, Date.now()) - 2 * DAY;
  const running = await candidate.start(context.options.dir);
  try {
    context.say(`${candidate.label}: loading ${(rounds * DEVICES).toLocaleString('en-US')} readings`);
    const session = new Session(running, { devices: DEVICES, start: from });
    const seconds = await fillWithDays(session, { size: BATCH, rounds });
    const add = adder(context, candidate.name);
    add('load', 'duration', seconds);
    add('load', 'rate', session.accepted / seconds);

    const port = running.port ?? 0;
    const latencies = await askForEfficiency(port, from);
    add('fleet efficiency', 'p50', latencies.percentile(50));
    add('fleet efficiency', 'p99', latencies.percentile(99));

    const answer = await fleetAnswer(port, from, from + DAY);
    const exact = session.fleet.energy(rounds);
    const acError = Math.abs(milliwattHoursFromKwh(answer.acConsumedKwh) - exact.ac);
    const dcError = Math.abs(milliwattHoursFromKwh(answer.dcDeliveredKwh) - exact.dc);
    add('fleet efficiency', 'energyError', acError + dcError);
    const counted = Object.values(answer.readings).reduce((sum, count) => sum + count, 0);
    add('fleet efficiency', 'missing', session.accepted - counted);
  } finally {
    await running.stop();
  }
}

function adder({ measurements }: BenchContext, candidate: string) {
  return (
    ofCase: string,
    metric: 'duration' | 'rate' | 'p50' | 'p99' | 'energyError' | 'missing',
    value: number,
  ): void => measurements.add({ scenario: 'day', case: ofCase, candidate, metric }, value);
}

async function askForEfficiency(port: number, from: number): Promise<Latencies> {
  const latencies = new Latencies();
  const reader = new HttpReader(port);
  for (let i = 0; i < REQUESTS; i++) {
    const sent = performance.now();
    const { status } = await reader.get(fleetPath(from, from + DAY));
    if (status !== 200) throw new Error(`fleet efficiency was answered with ${status}`);
    latencies.record(performance.now() - sent);
  }
  reader.close();
  return latencies;
}
