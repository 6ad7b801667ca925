import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from '../candidates/candidate.ts';
import { ownProgram } from '../candidates/node-service.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { type Attack, attacks, FEW_DEVICES } from '../load/attacks.ts';
import { vehicleId } from '../load/fleet.ts';
import type { Lane } from '../load/lane.ts';
import { type OpenLoopResult, openLoop } from '../load/open-loop.ts';
import { type Load, type LoadRun, Session } from '../load/session.ts';
import type { Metric } from '../report/measurements.ts';
import { Child } from '../support/child.ts';
import { HttpReader } from '../support/http.ts';
import { peakResidentMiB, resetPeakResident } from '../support/memory.ts';
import { workDir } from '../support/work-dir.ts';
import { fillWithDays } from './fill.ts';

const FILL_BATCH = 1_000;
const HONEST: Load = { name: 'honest single posts', size: 1, connections: 16 };
const POSTS_PER_SECOND = 200;
const LIVE_READS_PER_SECOND = 50;
const READERS = 4;
const SECONDS = 15;
/** Starting a process takes a good part of two cores. */
const ATTACKERS_START_MS = 1_000;
const READINESS_INTERVAL_MS = 100;
/** A load balancer gives up after about this time. */
const READINESS_TIMEOUT_MS = 2_000;

/** Honest clients while others attack: what they notice, and how much memory the engine takes. */
export const attack: Scenario = {
  name: 'attack',
  title: 'Honest clients while others attack',
  inDefaultRun: false,

  async run(context) {
    for (let repetition = 0; repetition < context.options.repetitions; repetition++) {
      for (const candidate of context.candidates) {
        if (!/^(engine|baseline)-/.test(candidate.name)) continue;
        await context.guard(candidate, () => measure(context, candidate));
      }
    }
  },
};

async function measure(context: BenchContext, candidate: Candidate): Promise<void> {
  for (const [name, attack] of Object.entries(attacks)) {
    context.say(`${candidate.label}: ${name}`);
    await measureAttack(context, candidate, name, attack);
  }
}

async function measureAttack(
  { options, measurements }: BenchContext,
  candidate: Candidate,
  name: string,
  { devices }: Attack,
): Promise<void> {
  const seconds = options.quick ? 2 : SECONDS;
  const add = (of: string, metric: Metric, value: number) =>
    measurements.add({ scenario: 'attack', case: of, candidate: candidate.name, metric }, value);
  const running = await candidate.start(options.dir);
  const port = running.port ?? 0;
  try {
    const session = new Session(running, { devices: options.quick ? FEW_DEVICES : devices });
    await fillWithDays(session, { size: FILL_BATCH, rounds: 1 });
    await session.with(HONEST, async (run) => {
      await run.closed({ seconds: options.quick ? 0.5 : 2 });
      await honestClients(run, port, seconds, (of, metric, value) => add(`${of} before ${name}`, metric, value));
      if (running.pid !== undefined) await resetPeakResident(running.pid);
      await besideAttackers(name, port, () =>
        honestClients(run, port, seconds, (of, metric, value) => add(`${of}, ${name}`, metric, value)),
      );
      if (running.pid !== undefined) add(`process, ${name}`, 'residentMemory', await peakResidentMiB(running.pid));
    });
  } finally {
    await running.stop();
  }
}

async function besideAttackers(name: string, port: number, measure: () => Promise<void>): Promise<void> {
  const dir = await workDir();
  const args = [...ownProgram('bench/load/attack-process.ts'), name, String(port)];
  const attackers = await Child.start({ file: process.execPath, args, dir: dir.path });
  try {
    await sleep(ATTACKERS_START_MS);
    await measure();
  } finally {
    await attackers.stop();
    await dir.release();
  }
}

type Add = (of: string, metric: Metric, value: number) => void;

async function honestClients(run: LoadRun, port: number, seconds: number, add: Add): Promise<void> {
  const lanes = liveLanes(port);
  const plan = { seconds, maxWaiting: 10_000, drainSeconds: 10 };
  try {
    const [posts, reads, notReady] = await Promise.all([
      run.open({ ...plan, rate: POSTS_PER_SECOND }),
      openLoop(lanes, { ...plan, rate: LIVE_READS_PER_SECOND }),
      readinessFailures(port, seconds),
    ]);
    addResult('posts', posts, add);
    addResult('live reads', reads, add);
    add('readiness', 'notReady', notReady);
  } finally {
    for (const lane of lanes) lane.close();
  }
}

function addResult(of: string, result: OpenLoopResult, add: Add): void {
  add(of, 'p50', result.latencies.percentile(50));
  add(of, 'p99', result.latencies.percentile(99));
  add(of, 'refused', result.due - result.accepted);
}

/** How many readiness checks within the time were not answered 200 in time. */
async function readinessFailures(port: number, seconds: number): Promise<number> {
  let failures = 0;
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    const signal = AbortSignal.timeout(READINESS_TIMEOUT_MS);
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status !== 200) failures++;
    await sleep(READINESS_INTERVAL_MS);
  }
  return failures;
}

function liveLanes(port: number): Lane[] {
  return Array.from({ length: READERS }, () => {
    const connection = new HttpReader(port);
    return {
      async send(number: number) {
        return (await connection.get(`/v1/vehicles/${vehicleId((number * 7_919) % 5_000)}/live`)).status;
      },
      close: () => connection.close(),
    };
  });
}
