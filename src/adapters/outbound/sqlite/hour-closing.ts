import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { ReaderObjects } from './reader/reader-thread.ts';
import type { SqliteWriter } from './sqlite-writer.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterObjects } from './writer/writer-thread.ts';

/** Summed in one step: some milliseconds, in which the reader serves nobody else. */
const READINGS_PER_STEP = 30_000;
/** Written in one step, even when devices have few readings: some 10 ms, in which nothing else is committed. */
const MAX_DEVICES_PER_STEP = 5_000;
/** The pause after a step is this many times as long as the step: a backlog of hours takes a tenth of a core. */
const PAUSE_FACTOR = 9;
/** The same while no readings come in: half a core, and reads still get their turn. */
const IDLE_PAUSE_FACTOR = 1;

/**
 * Sums an hour in steps of some devices each: the reader sums, the writer writes, and both serve others in between.
 * A reading that arrives meanwhile may be missing from its device's sums. Then the count differs from the hour's, which
 * stays out of date until it is closed again.
 */
export async function closeHour(
  hour: StreamHour,
  reader: Caller<ReaderObjects>,
  writer: Caller<WriterObjects>,
  telemetry: Pick<SqliteWriter, 'commits'>,
): Promise<void> {
  const size = await reader.call('rollups', 'size', [hour]);
  const readable = Math.ceil((size.lastDevice * READINGS_PER_STEP) / Math.max(size.readings, 1));
  const devices = Math.min(readable, MAX_DEVICES_PER_STEP);
  let readings = 0;
  for (let first = 1; first <= size.lastDevice; first += devices) {
    const begin = performance.now();
    const { commits } = telemetry;
    const step = await reader.call('rollups', 'step', [hour, first, first + devices]);
    readings += step.readings;
    if (step.rows.length > 0) await writer.call('rollups', 'write', [hour, step.rows], [step.rows.buffer]);
    const factor = telemetry.commits === commits ? IDLE_PAUSE_FACTOR : PAUSE_FACTOR;
    await sleep(factor * (performance.now() - begin));
  }
  await writer.call('rollups', 'close', [hour, readings]);
}
