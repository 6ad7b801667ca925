import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import {
  type Attacker,
  almostCompleteSender,
  deafReader,
  HOSTILE_BODIES,
  poster,
  stalledSender,
} from '../load/attackers.ts';
import { vehicleId } from '../load/fleet.ts';
import type { Lane } from '../load/lane.ts';
import { type OpenLoopResult, openLoop } from '../load/open-loop.ts';
import { type Load, type LoadRun, Session } from '../load/session.ts';
import type { Metric } from '../report/measurements.ts';
import { HttpReader } from '../support/http.ts';
import { peakResidentMiB, resetPeakResident } from '../support/memory.ts';
import { fillWithDays } from './fill.ts';

const FEW_DEVICES = 10_000;
const FILL_BATCH = 1_000;
const HONEST: Load = { name: 'honest single posts', size: 1, connections: 16 };
const POSTS_PER_SECOND = 200;
const LIVE_READS_PER_SECOND = 50;
const READERS = 4;
const SECONDS = 15;
const STALLED_SENDERS = 200;
const READINESS_INTERVAL_MS = 100;
/** A load balancer gives up after about this time. */
const READINESS_TIMEOUT_MS = 2_000;
const LARGE_BODY = 8 * 1024 * 1024 - 1;

/** What the four clients ask for, over and over: no filter lets a device pass, so a page examines as many as it may. */
const WORST_READS = [
  '/v1/meters/live?limit=1&stale=false',
  '/v1/vehicles/live?limit=1&stale=false',
  '/v1/vehicles/live?limit=1000&stale=true',
  '/v1/analytics/fleet?window=3650d&resolution=hour',
];

interface Attack {
  /** Devices that have sent a reading before. */
  readonly devices: number;
  begin(port: number): readonly Attacker[];
}

const attacks: Readonly<Record<string, Attack>> = {
  'stalled senders and worst reads': {
    devices: 400_000,
    begin: (port) => [
      ...times(STALLED_SENDERS, () => stalledSender(port)),
      ...WORST_READS.map((path) => reader(port, path)),
    ],
  },
  'bodies that stall at their last byte': {
    devices: FEW_DEVICES,
    begin: (port) => [
      ...times(90, () => almostCompleteSender(port, '/v1/links', LARGE_BODY)),
      ...times(20, () => almostCompleteSender(port, '/v1/ingest', LARGE_BODY)),
    ],
  },
  'bodies that are refused late': { devices: FEW_DEVICES, begin: hostilePosters },
  'batches without a valid reading': {
    devices: FEW_DEVICES,
    begin: (port) =>
      times(12, () => poster(port, '/v1/ingest?results=all', 'application/json', HOSTILE_BODIES.invalidReadings)),
  },
  'answers that nobody reads': {
    devices: FEW_DEVICES,
    begin: (port) => times(14, () => deafReader(port, '/v1/meters/live?limit=1000', 900)),
  },
};

/** The names of the attacks; the case without one is called `before` the attack. */
export const ATTACKS = Object.keys(attacks);

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
  { devices, begin }: Attack,
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
      const attackers = begin(port);
      try {
        await honestClients(run, port, seconds, (of, metric, value) => add(`${of}, ${name}`, metric, value));
      } finally {
        for (const attacker of attackers) attacker.stop();
      }
      if (running.pid !== undefined) add(`process, ${name}`, 'residentMemory', await peakResidentMiB(running.pid));
    });
  } finally {
    await running.stop();
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
  return times(READERS, () => {
    const connection = new HttpReader(port);
    return {
      async send(number: number) {
        return (await connection.get(`/v1/vehicles/${vehicleId((number * 7_919) % 5_000)}/live`)).status;
      },
      close: () => connection.close(),
    };
  });
}

/** Asks for one path as fast as it is answered. */
function reader(port: number, path: string): Attacker {
  const connection = new HttpReader(port);
  let stopped = false;
  const repeat = async () => {
    while (!stopped) {
      const { status } = await connection.get(path);
      if (status === 0) await sleep(READINESS_INTERVAL_MS); // disconnected
    }
  };
  void repeat();
  return {
    stop() {
      stopped = true;
      connection.close();
    },
  };
}

function hostilePosters(port: number): Attacker[] {
  const { nested, manyMembers, emptyLines, quotes } = HOSTILE_BODIES;
  const json = 'application/json';
  return [
    poster(port, '/v1/ingest', json, nested, 'gzip'),
    poster(port, '/v1/ingest', json, manyMembers),
    poster(port, '/v1/ingest', 'application/x-ndjson', emptyLines, 'gzip'),
    ...times(2, () => poster(port, '/v1/links', 'text/csv', quotes)),
  ];
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
