import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { rate, Session } from '../load/session.ts';
import { BATCH_1000, DEVICES } from './loads.ts';

const READINGS: Readonly<Record<string, number>> = {
  'engine-sqlite': 10_000_000,
  'engine-mongodb': 4_000_000,
};
const QUICK_READINGS = 100_000;
const FIFTHS = 5;
const MAX_SECONDS = 1_800;

/** Whether the engine writes into a large history as fast as into a small one, and how large it is on disk. */
export const flat: Scenario = {
  name: 'flat',
  title: 'Many readings of 10,000 devices: the last fifth compared with the first',
  inDefaultRun: false,

  async run(context) {
    for (const candidate of context.candidates) {
      const readings = READINGS[candidate.name];
      if (readings === undefined) continue;
      await context.guard(candidate, () =>
        measure(context, candidate, context.options.quick ? QUICK_READINGS : readings),
      );
    }
  },
};

async function measure(context: BenchContext, candidate: Candidate, readings: number): Promise<void> {
  const running = await candidate.start(context.options.dir);
  try {
    const session = new Session(running, { devices: DEVICES });
    const rates = await session.with(BATCH_1000, async (run) => {
      await run.closed({ seconds: context.options.quick ? 0.3 : 2 });
      const found: number[] = [];
      for (let fifth = 1; fifth <= FIFTHS; fifth++) {
        context.say(`${candidate.label}: fifth ${fifth} of ${FIFTHS} of ${readings.toLocaleString('en-US')} readings`);
        const batches = readings / FIFTHS / BATCH_1000.size;
        found.push(rate(await run.closed({ seconds: MAX_SECONDS, batches }), BATCH_1000.size));
      }
      return found;
    });
    const add = (ofCase: string, metric: 'rate' | 'flatness' | 'bytesPerReading', value: number) =>
      context.measurements.add({ scenario: 'flat', case: ofCase, candidate: candidate.name, metric }, value);
    rates.forEach((value, i) => {
      add(`fifth ${i + 1}`, 'rate', value);
    });
    add('all fifths', 'flatness', (rates.at(-1) ?? 0) / (rates[0] ?? Number.NaN));
    if (running.diskBytes) add('all fifths', 'bytesPerReading', (await running.diskBytes()) / session.accepted);
  } finally {
    await running.stop();
  }
}
