import type { HourRollups } from './hour-rollups.ts';
import type { Retention } from './retention.ts';
import type { TimeRecord } from './time-record.ts';

/**
 * What a store does for itself, when the engine schedules it. A store has only the parts that it needs: one that sums
 * long windows from its readings has no rollups, and one that keeps everything has no retention. `{}` is a valid
 * upkeep.
 */
export interface Upkeep {
  /** Hourly sums, to be computed when an hour is over. Absent: the store answers long windows without them. */
  readonly rollups?: HourRollups;
  /** Dropping old history. Absent: the store never drops any, and the engine refuses to start with `EIE_RETENTION`. */
  readonly retention?: Retention;
  /**
   * The time that the next process checks its clock by. Absent: a process believes the clock that it starts with, and
   * notices only the jumps that it makes later.
   */
  readonly time?: TimeRecord;
}
