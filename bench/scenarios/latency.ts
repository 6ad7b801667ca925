import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { Session } from '../load/session.ts';
import { DEVICES, SINGLE_64 } from './loads.ts';
import { inTurn } from './throughput.ts';

/** Single posts per second; the naive design sustains the lower rate. */
const RATES = [500, 2_500] as const;
/** Candidates measured at the lower rate only: above what they sustain, latency grows with the length of the test. */
const SLOW_CANDIDATES = ['naive'];

/** The latency of single posts at a fixed arrival rate, from the time at which each should be sent. */
export const latency: Scenario = {
  name: 'latency',
  title: 'Latency at a fixed arrival rate, from the intended send time',
  inDefaultRun: true,

  async run(context) {
    const candidates = context.candidates.filter(({ capabilities }) => capabilities.includes('single'));
    for (let repetition = 0; repetition < context.options.repetitions; repetition++) {
      for (const candidate of inTurn(candidates, repetition)) {
        context.say(`repetition ${repetition + 1} of ${context.options.repetitions}: ${candidate.label}`);
        await context.guard(candidate, () => measure(context, candidate));
      }
    }
  },
};

async function measure(context: BenchContext, candidate: Candidate): Promise<void> {
  const { quick, dir } = context.options;
  const running = await candidate.start(dir);
  try {
    await new Session(running, { devices: DEVICES }).with(SINGLE_64, async (run) => {
      await run.closed({ seconds: quick ? 0.3 : (candidate.warmUpSeconds ?? 2) });
      for (const rate of RATES) {
        if (rate > RATES[0] && SLOW_CANDIDATES.includes(candidate.name)) continue;
        const result = await run.open({ rate, seconds: quick ? 0.5 : 5, maxWaiting: 100_000, drainSeconds: 10 });
        const add = (metric: 'p50' | 'p99' | 'unsent', value: number) =>
          context.measurements.add(
            { scenario: 'latency', case: `${rate} posts/s`, candidate: candidate.name, metric },
            value,
          );
        add('p50', result.latencies.percentile(50));
        add('p99', result.latencies.percentile(99));
        if (result.unsent > 0) add('unsent', result.unsent);
      }
    });
  } finally {
    await running.stop();
  }
}
