import { type DeviceTotals, MINUTE_SHIFT } from '../reading/totals.ts';
import { ceilTo, type EpochMillis, MINUTE, type Millis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';

/** In how many of the expected minutes a reading was received. */
export interface Coverage {
  /** Distinct minutes with a reading, at most `expected`: a device that posts every 20 seconds covers no more. */
  readonly readings: number;
  readonly expected: number;
  /** readings / expected, at most 1; 1 when none is expected. */
  readonly ratio: number;
}

/** With a lower ratio, an efficiency is reported but not judged, and by default opens no loss warning. */
export const SUFFICIENT_COVERAGE = 0.9;

/** A device that posts more often than this is not one that posts once a minute and now and then sends one more. */
const MAX_READINGS_PER_MINUTE = 1.1;

export function coverage(readings: number, expected: number): Coverage {
  const covered = Math.min(readings, expected);
  return { readings: covered, expected, ratio: expected === 0 ? 1 : covered / expected };
}

/** The coverage of one device from its totals in the window. */
export function deviceCoverage(totals: DeviceTotals, window: TimeWindow, now: EpochMillis): Coverage {
  return coverage(coveredMinutes(totals), expectedReadings(window, now));
}

/** The coverage of several devices, or of a device in several windows. None makes up for what another one lacks. */
export function addCoverages(all: readonly Coverage[]): Coverage {
  const sum = (of: (one: Coverage) => number) => all.reduce((total, one) => total + of(one), 0);
  return coverage(
    sum(({ readings }) => readings),
    sum(({ expected }) => expected),
  );
}

/**
 * One reading is expected in every minute of the window that has begun by `now`. A window that does not consist of
 * whole minutes (a link may begin and end at any time) has at least that many readings of a device that misses none, and
 * at most one more: expecting that one as well would find a gap at every change of a link.
 */
export function expectedReadings({ from, to }: TimeWindow, now: EpochMillis): number {
  return Math.max(0, Math.floor((Math.min(to, ceilTo(MINUTE, now)) - from) / MINUTE));
}

/**
 * How much earlier than on the clock the minutes of a device begin: half a minute for one that posts about once a minute,
 * close to the full minute. Of its readings for 12:00 and 12:01, which come at 12:00:00.15 and 12:00:59.85, both lie in
 * the first minute of the clock and none in the second, although no reading is missing.
 */
export function minuteShift({ readings, minutes, shiftedMinutes }: DeviceTotals): Millis {
  const isOnceAMinute = readings <= MAX_READINGS_PER_MINUTE * shiftedMinutes;
  return isOnceAMinute && shiftedMinutes > minutes ? MINUTE_SHIFT : 0;
}

/**
 * The number of minutes in which a device has a reading. It agrees with the device's gaps, except that shifted minutes
 * are cut by the edges of a window: its first reading may lie before `from`, and the first one of the next window before
 * `to`, which makes one minute less or one more. So does an hour within the window, if the device sent two readings
 * within a minute around its start.
 */
function coveredMinutes(totals: DeviceTotals): number {
  return minuteShift(totals) === 0 ? totals.minutes : totals.shiftedMinutes;
}

export function isSufficient({ ratio }: Coverage): boolean {
  return ratio >= SUFFICIENT_COVERAGE;
}
