import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStore } from '#application/ports/engine-store';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import type { Running } from '../candidates/candidate.ts';

const POLL_INTERVAL_MS = 2_000;

/**
 * Waits until the engine has closed all hours before `end` and evaluated losses on them in the background, so that it
 * no longer uses the machine. Rejects with the remaining work after `limitSeconds`.
 */
export async function untilHoursAreClosed(running: Running, end: EpochMillis, limitSeconds: number): Promise<void> {
  if (running.openStore === undefined) throw new Error('the candidate has no store that can be inspected');
  const store = await running.openStore();
  const lastHour = floorTo(HOUR, Date.now()) - HOUR; // a later one may still be in its grace time
  const deadline = performance.now() + limitSeconds * 1000;
  try {
    for (let left = await leftToDo(store, end, lastHour); left !== undefined; ) {
      if (performance.now() > deadline) throw new Error(`after ${limitSeconds} s ${left}`);
      await sleep(POLL_INTERVAL_MS);
      left = await leftToDo(store, end, lastHour);
    }
  } finally {
    await store.close();
  }
}

async function leftToDo({ upkeep, warnings }: EngineStore, end: EpochMillis, lastHour: EpochMillis) {
  const [unclosed] = (await upkeep.rollups?.unclosed(end, 1)) ?? [];
  if (unclosed) return `the ${unclosed.kind}s of ${new Date(unclosed.hour).toISOString()} are not closed`;
  const evaluated = await warnings.lastEvaluation();
  return evaluated !== undefined && evaluated >= lastHour ? undefined : 'losses are not evaluated';
}
