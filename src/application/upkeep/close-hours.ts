import { floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { StoreUnavailableError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HourRollups } from '../ports/hour-rollups.ts';

/** Devices post the last minute of an hour, and queues drain, after the hour is over. */
const GRACE: Millis = 2 * MINUTE;
/** Hours of one stream closed in one run, a month of both: then losses are evaluated before the next. */
const HOURS_PER_RUN = 1_488;

/** Sums up the hours that are over, so that long windows need not be read from raw history. */
export class CloseHours {
  readonly #rollups: HourRollups;
  readonly #clock: Clock;

  constructor(rollups: HourRollups, clock: Clock) {
    this.#rollups = rollups;
    this.#clock = clock;
  }

  /**
   * Closes hours whose sums are missing or out of date, oldest first, and resolves with how many. Ends early when
   * `signal` aborts. An hour that cannot be closed does not hold back those after it: rejects in the end then. A store
   * that does not answer ends the run at once.
   */
  async close(signal?: AbortSignal): Promise<number> {
    const hours = await this.#rollups.unclosed(floorTo(HOUR, this.#clock.now() - GRACE), HOURS_PER_RUN);
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
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} hours could not be closed`);
    return closed;
  }
}
