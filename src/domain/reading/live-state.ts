import { type EpochMillis, MINUTE, type Millis } from '../time/time.ts';
import { contains, type TimeWindow } from '../time/time-window.ts';
import type { Reading } from './reading.ts';

/** Whether `candidate` becomes the live state: the reading with the newest timestamp, not the last one received. */
export function advancesLiveState(current: Reading | undefined, candidate: Reading): boolean {
  return current === undefined || candidate.timestamp > current.timestamp;
}

/** A device whose newest reading is older than this is stale. */
export const STALE_AFTER: Millis = 3 * MINUTE;
/**
 * How far ahead of ours a device's clock may be: the default limit of ingestion. A newest reading from further ahead was
 * accepted while a clock was wrong, and would hide for as long as it is ahead that its device has gone quiet.
 */
export const MAX_AHEAD: Millis = 5 * MINUTE;

/** Where the newest reading of a device that is not stale lies. */
export function freshWindow(now: EpochMillis): TimeWindow {
  return { from: now - STALE_AFTER, to: now + MAX_AHEAD + 1 };
}

export function isStale(timestamp: EpochMillis, now: EpochMillis): boolean {
  return !contains(freshWindow(now), timestamp);
}

/**
 * Whole seconds since the reading was taken; 0 when the device's clock is a little ahead of ours, and `null`, unknown,
 * when the timestamp is so far ahead that it cannot be right.
 */
export function ageSeconds(timestamp: EpochMillis, now: EpochMillis): number | null {
  if (timestamp > now + MAX_AHEAD) return null;
  return Math.max(0, Math.floor((now - timestamp) / 1000));
}

/** Chooses devices by the timestamp of their newest reading: those inside the window, or those outside of it. */
export interface LiveFilter {
  readonly window: TimeWindow;
  readonly inside: boolean;
}

/** Whether a device with this newest timestamp passes; without a filter every device does. */
export function passesFilter(filter: LiveFilter | undefined, timestamp: EpochMillis): boolean {
  return filter === undefined || contains(filter.window, timestamp) === filter.inside;
}
