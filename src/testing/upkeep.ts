import type { HourRollups } from '#application/ports/hour-rollups';
import type { Retention } from '#application/ports/retention';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { TimeRecord } from '#application/ports/time-record';
import type { EpochMillis } from '#domain/time/time';

type WithUpkeep = Pick<TelemetryStore, 'upkeep'>;

/** The store's rollups. Throws when it has none. */
export function rollupsOf({ upkeep }: WithUpkeep): HourRollups {
  if (upkeep.rollups === undefined) throw new Error('the store has no upkeep.rollups');
  return upkeep.rollups;
}

/** The store's retention. Throws when it has none. */
export function retentionOf({ upkeep }: WithUpkeep): Retention {
  if (upkeep.retention === undefined) throw new Error('the store has no upkeep.retention');
  return upkeep.retention;
}

/** The store's time record. Throws when it has none. */
export function timeOf({ upkeep }: WithUpkeep): TimeRecord {
  if (upkeep.time === undefined) throw new Error('the store has no upkeep.time');
  return upkeep.time;
}

/** Closes every hour before `before` that can be closed. Returns their number: 0 for a store without rollups. */
export async function closeHours({ upkeep }: WithUpkeep, before: EpochMillis = Infinity): Promise<number> {
  let closed = 0;
  if (upkeep.rollups === undefined) return closed;
  for (;;) {
    const hours = await upkeep.rollups.unclosed(before, 100);
    if (hours.length === 0) return closed;
    for (const hour of hours) await upkeep.rollups.close(hour);
    closed += hours.length;
  }
}
