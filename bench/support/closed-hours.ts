import { setTimeout as sleep } from 'node:timers/promises';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import type { Running } from '../candidates/candidate.ts';

const LOOK_EVERY_MS = 2_000;

/**
 * Waits until the engine's background has summed all hours before `end` and evaluated losses on them, so that it leaves
 * the machine alone. Rejects with what is left to do after `limitSeconds`.
 */
export async function untilHoursAreClosed(running: Running, end: EpochMillis, limitSeconds: number): Promise<void> {
  if (running.openStore === undefined) throw new Error('nobody can tell whether its hours are closed');
  const store = await running.openStore();
  const lastHour = floorTo(HOUR, Date.now()) - HOUR; // the present one may be waited for until its grace is over
  const deadline = performance.now() + limitSeconds * 1000;
  try {
    for (let left = await leftToDo(store, end, lastHour); left !== undefined; ) {
      if (performance.now() > deadline) throw new Error(`after ${limitSeconds} s ${left}`);
      await sleep(LOOK_EVERY_MS);
      left = await leftToDo(store, end, lastHour);
    }
  } finally {
    await store.close();
  }
}

async function leftToDo({ rollups, warnings }: TelemetryStore, end: EpochMillis, lastHour: EpochMillis) {
  const unclosed = await rollups.unclosed(end, 1);
  if (unclosed[0] !== undefined)
    return `the ${unclosed[0].kind}s of ${new Date(unclosed[0].hour).toISOString()} are not closed`;
  const evaluated = await warnings.lastEvaluation();
  return evaluated !== undefined && evaluated >= lastHour ? undefined : 'losses are not evaluated';
}
