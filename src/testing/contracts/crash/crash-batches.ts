import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import { aReading, START } from '../../readings.ts';

const DEVICES_PER_STREAM = 5;
/** One batch in this many is late: it belongs to a time before the batches around it. */
const LATE_EVERY = 7;
const LATE_BY = 300 * MINUTE;

/** The readings of one commit of the crash contract. The same number always gives the same readings, new ones. */
export function crashBatch(number: number): readonly Reading[] {
  const timestamp = START + number * MINUTE - (number % LATE_EVERY === 0 ? LATE_BY - 1 : 0);
  return kinds.flatMap((kind) =>
    Array.from({ length: DEVICES_PER_STREAM }, (_, n) =>
      aReading(kind, { deviceId: `d-${n}`, timestamp, kwh: ((number * 31 + n) % 997) / 1000 }),
    ),
  );
}

/** The devices of every stream in these batches. */
export const CRASH_DEVICES: readonly string[] = Array.from({ length: DEVICES_PER_STREAM }, (_, n) => `d-${n}`);
