import { type EpochMillis, MINUTE, type Millis } from '../time/time.ts';
import type { Reading } from './reading.ts';

/** Whether `candidate` becomes the live state: the reading with the newest timestamp, not the last one received. */
export function advancesLiveState(current: Reading | undefined, candidate: Reading): boolean {
  return current === undefined || candidate.timestamp > current.timestamp;
}

/** A device whose newest reading is older than this is stale. */
export const STALE_AFTER: Millis = 3 * MINUTE;

export function isStale(timestamp: EpochMillis, now: EpochMillis): boolean {
  return now - timestamp > STALE_AFTER;
}

/** Whole seconds since the reading was taken; 0 when the device's clock is ahead of ours. */
export function ageSeconds(timestamp: EpochMillis, now: EpochMillis): number {
  return Math.max(0, Math.floor((now - timestamp) / 1000));
}
