import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { ReaderMethods } from './reader/reader-thread.ts';
import type { SqliteWriter } from './sqlite-writer.ts';
import type { Caller } from './thread/thread-protocol.ts';
import type { WriterMethods } from './writer/writer-thread.ts';

/** Summed in one step: some milliseconds, in which the reader serves no one else. */
const READINGS_PER_STEP = 30_000;
/** Written in one step, when devices have few readings: some 10 ms, in which nothing else is committed. */
const DEVICES_PER_STEP = 5_000;
/** After each step, rest so many times as long as it took: while readings come in, a backlog of hours takes a tenth of a core. */
const REST = 9;
/** The same when none came in meanwhile: half a core, so that reads have their turn. */
const REST_WITHOUT_INGESTION = 1;

/**
 * Sums an hour a part of the devices at a time: the reader sums, the writer writes, and both have other work in between.
 * A reading that arrives meanwhile is in its device's sums or not; if it is not, the count tells, and the hour stays
 * out of date until it is closed again.
 */
export async function closeHour(
  hour: StreamHour,
  reader: Caller<ReaderMethods>,
  writer: Caller<WriterMethods>,
  telemetry: Pick<SqliteWriter, 'commits'>,
): Promise<void> {
  const size = await reader.call('hourSize', [hour]);
  const readable = Math.ceil((size.lastDevice * READINGS_PER_STEP) / Math.max(size.readings, 1));
  const devices = Math.min(readable, DEVICES_PER_STEP);
  let readings = 0;
  for (let first = 1; first <= size.lastDevice; first += devices) {
    const begin = performance.now();
    const { commits } = telemetry;
    const step = await reader.call('hourStep', [hour, first, first + devices]);
    readings += step.readings;
    if (step.rows.length > 0) await writer.call('writeHour', [hour, step.rows], [step.rows.buffer]);
    const rest = telemetry.commits === commits ? REST_WITHOUT_INGESTION : REST;
    await sleep(rest * (performance.now() - begin));
  }
  await writer.call('closeHour', [hour, readings]);
}
