import { durationText } from '../time/duration-text.ts';
import type { EpochMillis, Millis } from '../time/time.ts';
import type { Fault } from './fault.ts';

/**
 * How far a reading's timestamp may be from the server's clock. `Infinity` disables a limit. They are read anew for each
 * reading, and may differ from one to the next.
 */
export interface AcceptedTime {
  readonly maxFuture: Millis;
  readonly maxAge: Millis;
}

/** The fault of a timestamp outside the accepted time, or `undefined` when it is inside. Both limits are inclusive. */
export function acceptedTimeFault(
  timestamp: EpochMillis,
  now: EpochMillis,
  { maxFuture, maxAge }: AcceptedTime,
): Fault | undefined {
  if (timestamp > now + maxFuture) {
    const ahead = durationText(timestamp - now);
    return {
      code: 'timestamp-too-new',
      field: 'timestamp',
      detail: `is ${ahead} ahead of the server clock; at most ${durationText(maxFuture)} is accepted`,
    };
  }
  if (timestamp < now - maxAge) {
    const age = durationText(now - timestamp);
    return {
      code: 'timestamp-too-old',
      field: 'timestamp',
      detail: `is ${age} old; at most ${durationText(maxAge)} is accepted`,
    };
  }
  return undefined;
}
