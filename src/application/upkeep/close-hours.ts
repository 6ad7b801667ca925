import { type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { StoreUnavailableError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HourRollups } from '../ports/hour-rollups.ts';
import type { Upkeep } from '../ports/upkeep.ts';

/** Devices post the last minute of an hour, and queues drain, after the hour has ended. */
const GRACE: Millis = 2 * MINUTE;
/** Hours closed in one run, each of one stream: a month of two streams. Losses are evaluated between runs. */
const MAX_HOURS_PER_RUN = 1_488;

/** The time up to which hours can be closed, the start of an hour. Losses are judged up to here, too. */
export function closableBefore(now: EpochMillis): EpochMillis {
  return floorTo(HOUR, now - GRACE);
}

/** Sums up the hours that are over, so that long windows need not be read from raw history. */
export class CloseHours {
  readonly #rollups: HourRollups | undefined;
  readonly #clock: Clock;

  /** Does nothing on a store without rollups. `clock` shows the confirmed time: hours in the future are not over. */
  constructor({ rollups }: Upkeep, clock: Clock) {
    this.#rollups = rollups;
    this.#clock = clock;
  }

  /** How many hours a run would close now, at most as many as one run does. Rejects like the store. */
  async waiting(): Promise<number> {
    const before = closableBefore(this.#clock.now());
    return (await this.#rollups?.unclosed(before, MAX_HOURS_PER_RUN))?.length ?? 0;
  }

  /**
   * Closes the hours whose sums are missing or out of date, oldest first, and resolves with their number. Stops when
   * `signal` aborts. An hour that cannot be closed does not hold up the others: the run goes on, then rejects with an
   * `AggregateError`. A store that does not answer ends the run at once with its `StoreUnavailableError`.
   */
  async close(signal?: AbortSignal): Promise<number> {
    if (this.#rollups === undefined) return 0;
    const hours = await this.#rollups.unclosed(closableBefore(this.#clock.now()), MAX_HOURS_PER_RUN);
    const failures: unknown[] = [];
    let closed = 0;
    for (const hour of hours) {
      if (signal?.aborted) break;
      try {
        await this.#rollups.close(hour);
        closed++;
      } catch (error) {
        if (error instanceof StoreUnavailableError) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${hours.length} hours could not be closed`);
    return closed;
  }
}
