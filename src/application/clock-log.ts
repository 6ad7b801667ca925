import { type EpochMillis, HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
import type { Logger } from './ports/logger.ts';
import type { KnownTime } from './ports/time-record.ts';

/** How often a doubt is logged while it lasts. */
const REMINDER: Millis = HOUR;

/** Says what is known about a clock that is in doubt, and what to do. */
export class ClockLog {
  readonly #logger: Logger | undefined;
  #remindAt: Millis = -Infinity;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** A new doubt is logged at once. */
  doubtBegins(): void {
    this.#remindAt = -Infinity;
  }

  /** Logs a doubt now and then. `elapsed` is the steady time, `wait` how long a clock that is ahead is not believed. */
  doubt(now: EpochMillis, confirmed: EpochMillis, wait: Millis, elapsed: Millis): void {
    if (elapsed < this.#remindAt) return;
    this.#remindAt = elapsed + REMINDER;
    if (now < confirmed) {
      this.#logger?.error('the clock is behind', { reason: behindReason(now, confirmed), ...times(now, confirmed) });
      return;
    }
    const reason =
      'the clock is ahead of the time that is known to have passed: correct it, unless the engine was stopped that ' +
      `long; until it has gone steadily for ${durationText(wait)}, nothing is dropped or evaluated by it`;
    this.#logger?.warn('the clock has jumped ahead', { reason, ...times(now, confirmed) });
  }

  settled(reason: string, now: EpochMillis, confirmed: EpochMillis): void {
    this.#logger?.warn(reason, times(now, confirmed));
  }

  trusted(now: EpochMillis, earlier: KnownTime): void {
    this.#logger?.warn('the clock is trusted without a check', times(now, earlier.confirmed));
  }

  earlierRun(now: EpochMillis, earlier: KnownTime): void {
    const { clock, confirmed } = { clock: timeText(now), confirmed: timeText(earlier.confirmed) };
    const message = 'the clock had jumped ahead in an earlier run; no history was dropped by it';
    this.#logger?.warn(message, { clock, confirmed, earlierClock: timeText(earlier.clock) });
  }

  disputed(now: EpochMillis, other: EpochMillis): void {
    const message =
      'another process on this store has a different time; until they agree, nothing is dropped or evaluated';
    this.#logger?.error(message, { clock: timeText(now), otherClock: timeText(other) });
  }

  notKept(error: unknown): void {
    this.#logger?.warn('the confirmed time could not be kept', { error });
  }
}

/** Why a clock that is behind is in doubt, and what to do about it. */
export function behindReason(now: EpochMillis, confirmed: EpochMillis): string {
  return (
    `the clock shows ${timeText(now)}, but ${timeText(confirmed)} has passed already: correct the clock; ` +
    'if it is right, and an earlier one was ahead, start once with EIE_CLOCK=trusted'
  );
}

function times(now: EpochMillis, confirmed: EpochMillis) {
  const aheadSeconds = Math.round((now - confirmed) / SECOND);
  return { clock: timeText(now), confirmed: timeText(confirmed), aheadSeconds };
}

function durationText(time: Millis): string {
  return time < 2 * HOUR ? `${Math.ceil(time / MINUTE)} minutes` : `${Math.ceil(time / HOUR)} hours`;
}

function timeText(time: EpochMillis): string {
  return new Date(time).toISOString();
}
