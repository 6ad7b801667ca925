import { DAY, floorTo } from '#domain/time/time';
import type { Candidate } from '../candidates/candidate.ts';
import type { BenchContext, Scenario } from '../context.ts';
import { peakResidentMiB } from '../support/memory.ts';
import { ConcurrencyLimit, post } from '../support/post.ts';

const READINGS = 10_000_000;
const BATCH = 5_000;
/** 10 readings per second, so that 10 million span eleven and a half days. */
const STEP_MS = 100;

/** Exports one device's history as CSV and measures the memory of the service meanwhile. */
export const exportCsv: Scenario = {
  name: 'export',
  title: '10 million readings as CSV, engine on SQLite',
  inDefaultRun: false,

  async run(context) {
    const candidate = context.candidates.find(({ name }) => name === 'engine-sqlite');
    if (candidate !== undefined) await context.guard(candidate, () => measure(context, candidate));
  },
};

async function measure({ options, say, measurements }: BenchContext, candidate: Candidate): Promise<void> {
  const count = options.quick ? 20_000 : READINGS;
  const from = floorTo(DAY, Date.now()) - 20 * DAY;
  const add = (metric: 'rate' | 'residentMemory' | 'missing', value: number) =>
    measurements.add({ scenario: 'export', case: 'CSV', candidate: candidate.name, metric }, value);
  let running = await candidate.start(options.dir);
  try {
    say(`${candidate.label}: loading ${count.toLocaleString('en-US')} readings`);
    await fill(running.port ?? 0, count, from);
    if (running.restart === undefined) throw new Error('the candidate cannot be restarted');
    running = await running.restart(); // a process that has ingested nothing has its peak during the export
    say(`${candidate.label}: exporting them as CSV`);
    const begin = performance.now();
    const lines = await countLines(running.port ?? 0, from);
    add('rate', (count * 1000) / (performance.now() - begin));
    add('missing', count - lines);
    add('residentMemory', await peakResidentMiB(running.pid ?? 0));
  } finally {
    await running.stop();
  }
}

async function fill(port: number, count: number, from: number): Promise<void> {
  const sending = new ConcurrencyLimit(2);
  for (let i = 0; i < count; i += BATCH) {
    await sending.add(() =>
      post(
        port,
        '/v1/ingest',
        Array.from({ length: BATCH }, (_, n) => ({
          meterId: 'M-1',
          kwhConsumedAc: 0.001,
          voltage: 230,
          timestamp: from + (i + n) * STEP_MS,
        })),
      ),
    );
  }
  await sending.done();
}

/** The number of readings in the stream, without its header and trailer. Throws when the trailer is missing. */
async function countLines(port: number, from: number): Promise<number> {
  const window = `from=${new Date(from).toISOString()}`;
  const response = await fetch(`http://127.0.0.1:${port}/v1/meters/M-1/history?${window}`, {
    headers: { accept: 'text/csv' },
  });
  let lines = 0;
  let tail = '';
  for await (const chunk of response.body ?? []) {
    const text = Buffer.from(chunk as Uint8Array).toString('latin1');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
    tail = (tail + text).slice(-100);
  }
  if (!/# end, \d+ readings\r?\n?$/.test(tail)) throw new Error(`the stream ended with ${JSON.stringify(tail)}`);
  return lines - (tail.endsWith('\n') ? 2 : 1);
}
