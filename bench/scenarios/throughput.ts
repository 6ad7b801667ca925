import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate, Capability } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { type Load, rate, Session } from '../load/session.ts';
import { DEVICES, LOADS } from './loads.ts';

/** Readings per second that each candidate accepts, sent as fast as it answers. */
export const throughput: Scenario = {
  name: 'throughput',
  title: 'Readings per second',
  inDefaultRun: true,

  async run(context) {
    for (let repetition = 0; repetition < context.options.repetitions; repetition++) {
      for (const candidate of inTurn(context.candidates, repetition)) {
        context.say(`repetition ${repetition + 1} of ${context.options.repetitions}: ${candidate.label}`);
        await context.guard(candidate, () => measure(context, candidate));
      }
    }
  },
};

/** Rotates the order, so that no candidate always runs first, on a machine in another state than the others find. */
export function inTurn<T>(items: readonly T[], repetition: number): readonly T[] {
  const first = items.length === 0 ? 0 : repetition % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function measure(context: BenchContext, candidate: Candidate): Promise<void> {
  const running = await candidate.start(context.options.dir);
  try {
    const session = new Session(running, { devices: DEVICES });
    for (const load of LOADS) {
      if (!candidate.capabilities.includes(capabilityFor(load))) continue;
      context.say(`${candidate.label}: ${load.name}`);
      await measureLoad(context, candidate, session, load);
    }
    await checkNothingMissing(context, candidate, session);
  } finally {
    await running.stop();
  }
}

function capabilityFor(load: Load): Capability {
  if (load.extraMember) return 'extra-member';
  return load.size === 1 ? 'single' : 'batch';
}

const WARM_UP_SECONDS = 3;

async function measureLoad(context: BenchContext, candidate: Candidate, session: Session, load: Load): Promise<void> {
  const { quick } = context.options;
  const result = await session.with(load, async (run) => {
    await run.closed({ seconds: quick ? 0.3 : (candidate.warmUpSeconds ?? WARM_UP_SECONDS) });
    return await run.closed({ seconds: quick ? 0.5 : 3 });
  });
  const add = (metric: 'rate' | 'p50' | 'p99' | 'refused', value: number) =>
    context.measurements.add({ scenario: 'throughput', case: load.name, candidate: candidate.name, metric }, value);
  add('rate', rate(result, load.size));
  add('p50', result.latencies.percentile(50));
  add('p99', result.latencies.percentile(99));
  const refused = [...result.refused.values()].reduce((sum, count) => sum + count, 0);
  if (refused > 0) add('refused', refused);
}

const SETTLE_SECONDS = 15;

/** Compares what a candidate stored with what it acknowledged; some count new readings only after a while. */
async function checkNothingMissing(context: BenchContext, candidate: Candidate, session: Session): Promise<void> {
  const count = session.running.countReadings;
  if (count === undefined) return;
  let missing = session.accepted - (await count());
  for (let waited = 0; missing > 0 && waited < SETTLE_SECONDS; waited++) {
    await sleep(1000);
    missing = session.accepted - (await count());
  }
  const key = { scenario: 'throughput', case: 'all loads', candidate: candidate.name, metric: 'missing' } as const;
  context.measurements.add(key, missing);
}
