import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { OpenLoopResult } from '../load/open-loop.ts';
import { type Load, type LoadRun, rate, Session } from '../load/session.ts';
import type { Metric } from '../report/measurements.ts';
import { peakResidentMiB } from '../support/memory.ts';
import { Acknowledgements } from './acknowledgements.ts';

const FACTOR = 10;
const CASE = '10 x sustainable';
/** 102,400 readings in flight, more than the engine's queue holds. */
const LOAD: Load = { name: CASE, size: 100, connections: 1_024 };
/** More than the readings in flight: in practice, too, no device posts again before it has an answer. */
const DEVICES = 200_000;
/** The sustainable rate is measured as in `throughput`. */
const SUSTAINABLE_CONNECTIONS = 2;
/** Batches that may wait in the client; the rest of the offered load is reported as unsent. */
const MAX_WAITING = 10_000;
const DRAIN_SECONDS = 10;
/** Full speed is back when one second reaches this share of the sustainable rate. */
const FULL_SPEED = 0.9;
const MAX_RECOVERY_SECONDS = 30;
const MAX_RESEND_SECONDS = 1_200;

/** Sends ten times what the engine can take, then accounts for every reading it acknowledged. */
export const overload: Scenario = {
  name: 'overload',
  title: 'Ten times the sustainable load for a minute',
  inDefaultRun: false,

  async run(context) {
    for (const candidate of context.candidates) {
      if (!candidate.name.startsWith('engine-')) continue;
      await context.guard(candidate, () => measure(context, candidate));
    }
  },
};

async function measure(context: BenchContext, candidate: Candidate): Promise<void> {
  const { options, measurements } = context;
  const add = (metric: Metric, value: number) =>
    measurements.add({ scenario: 'overload', case: CASE, candidate: candidate.name, metric }, value);
  const say = (text: string) => context.say(`${candidate.label}: ${text}`);

  const running = await candidate.start(options.dir);
  try {
    const acknowledgements = new Acknowledgements(LOAD.size);
    const session = new Session(running, { devices: DEVICES });
    const laneOptions = { copyRequests: true, onReply: acknowledgements.onReply };
    await session.with(
      LOAD,
      async (run) => {
        say('measuring the sustainable rate');
        const sustainable = await sustainableRate(run, options.quick);
        say(`sending ${FACTOR} times ${Math.round(sustainable)} readings/s`);
        const seconds = options.quick ? 2 : 60;
        const offered = (FACTOR * sustainable) / LOAD.size;
        const result = await run.open({ rate: offered, seconds, maxWaiting: MAX_WAITING, drainSeconds: DRAIN_SECONDS });
        addResult(add, result);
        if (running.pid !== undefined) add('residentMemory', await peakResidentMiB(running.pid));
        say('waiting until full speed is back');
        add('recovery', result.seconds - seconds + (await secondsUntilFullSpeed(run, sustainable)));
        say('sending acknowledged batches again');
        await account(run, acknowledgements, running.countReadings, add);
      },
      laneOptions,
    );
  } finally {
    await running.stop();
  }
}

async function sustainableRate(run: LoadRun, quick: boolean): Promise<number> {
  const lanes = run.lanes.slice(0, SUSTAINABLE_CONNECTIONS);
  await run.closed({ seconds: quick ? 0.5 : 3 }, lanes);
  return rate(await run.closed({ seconds: quick ? 0.5 : 5 }, lanes), LOAD.size);
}

function addResult(add: (metric: Metric, value: number) => void, result: OpenLoopResult): void {
  add('rate', rate(result, LOAD.size));
  add('p99', result.latencies.percentile(99));
  add('p99FromSending', result.fromSending.percentile(99));
  add('refused', result.refused.get(503) ?? 0);
  add('refusedP99', result.refusals.percentile(99));
  add('unsent', result.unsent);
}

/** The number of seconds before the first second at full speed. */
async function secondsUntilFullSpeed(run: LoadRun, sustainable: number): Promise<number> {
  const lanes = run.lanes.slice(0, SUSTAINABLE_CONNECTIONS);
  const start = performance.now();
  for (;;) {
    const before = (performance.now() - start) / 1000;
    const reached = rate(await run.closed({ seconds: 1 }, lanes), LOAD.size);
    if (reached >= FULL_SPEED * sustainable || before > MAX_RECOVERY_SECONDS) return before;
  }
}

/** Sends every acknowledged batch again: every reading must be a duplicate, and the totals must not change. */
async function account(
  run: LoadRun,
  acknowledgements: Acknowledgements,
  countReadings: (() => Promise<number>) | undefined,
  add: (metric: Metric, value: number) => void,
): Promise<void> {
  const { acknowledged, unconfirmed, refusedWithoutRetryAfter } = acknowledgements.close();
  const before = (await countReadings?.()) ?? 0;
  const again = run.lanes.slice(0, SUSTAINABLE_CONNECTIONS).map((lane) => ({
    send: (index: number) => lane.send(acknowledged[index] ?? 0),
    close: () => lane.close(),
  }));
  const answers = await closedLoop(again, { seconds: MAX_RESEND_SECONDS, batches: acknowledged.length });
  if (answers.accepted !== acknowledged.length) {
    throw new Error(`only ${answers.accepted} of ${acknowledged.length} batches were accepted when sent again`);
  }
  const after = (await countReadings?.()) ?? 0;
  const readings = acknowledged.length * LOAD.size;
  const missing = readings - acknowledgements.duplicates;
  add('withoutRetryAfter', refusedWithoutRetryAfter);
  add('unconfirmed', unconfirmed);
  add('missing', missing);
  add('doubled', Math.max(0, before - readings - unconfirmed * LOAD.size) + Math.max(0, after - before - missing));
}
