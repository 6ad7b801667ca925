import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { vehicleId } from '../load/fleet.ts';
import type { Lane } from '../load/lane.ts';
import { openLoop } from '../load/open-loop.ts';
import { rate, Session } from '../load/session.ts';
import { HttpReader } from '../support/http.ts';
import { BATCH_1000, DEVICES } from './loads.ts';
import { inTurn } from './throughput.ts';

/** Live states requested per second, over `READERS` connections. */
const READS_PER_SECOND = 100;
const READERS = 4;

/** Live state requests at a fixed rate while batches are sent as fast as they are answered. */
export const liveReads: Scenario = {
  name: 'live-reads',
  title: 'Live state of one vehicle while ingesting at full speed',
  inDefaultRun: true,

  async run(context) {
    const engines = context.candidates.filter(({ name }) => name.startsWith('engine-'));
    for (let repetition = 0; repetition < context.options.repetitions; repetition++) {
      for (const candidate of inTurn(engines, repetition)) {
        context.say(`repetition ${repetition + 1} of ${context.options.repetitions}: ${candidate.label}`);
        await context.guard(candidate, () => measure(context, candidate));
      }
    }
  },
};

async function measure({ options, measurements }: BenchContext, candidate: Candidate): Promise<void> {
  const seconds = options.quick ? 1 : 8;
  const running = await candidate.start(options.dir);
  const readers = readersOf(running.port ?? 0);
  try {
    await new Session(running, { devices: DEVICES }).with(BATCH_1000, async (run) => {
      await run.closed({ seconds: options.quick ? 1 : 3 });
      const [written, read] = await Promise.all([
        run.closed({ seconds: seconds + 0.5 }),
        openLoop(readers, { rate: READS_PER_SECOND, seconds, maxWaiting: 10_000, drainSeconds: 10 }),
      ]);
      const add = (metric: 'rate' | 'p50' | 'p99' | 'refused', value: number) => {
        const key = { scenario: 'live-reads', case: 'under full load', candidate: candidate.name, metric };
        measurements.add(key, value);
      };
      add('rate', rate(written, BATCH_1000.size));
      add('p50', read.latencies.percentile(50));
      add('p99', read.latencies.percentile(99));
      if (read.accepted < read.due) add('refused', read.due - read.accepted);
    });
  } finally {
    for (const reader of readers) reader.close();
    await running.stop();
  }
}

function readersOf(port: number): Lane[] {
  return Array.from({ length: READERS }, () => {
    const reader = new HttpReader(port);
    return {
      async send(number) {
        const vehicle = vehicleId((number * 7_919) % (DEVICES / 2));
        return (await reader.get(`/v1/vehicles/${vehicle}/live`)).status;
      },
      close: () => reader.close(),
    };
  });
}
