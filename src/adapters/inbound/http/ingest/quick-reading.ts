import { isDeviceId } from '#domain/reading/device-id';
import type { Reading } from '#domain/reading/reading';
import type { StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';
import { parseTimestamp } from '#domain/time/timestamp';
import { ENERGY, readingBuilder, TIME } from './fast-path/reading-builder.ts';

/** Builds the reading of one stream from parsed JSON, or nothing when anything at all is wrong with it. */
export type QuickReading = (input: Readonly<Record<string, unknown>>, receivedAt: EpochMillis) => Reading | undefined;

/**
 * The hot path: check and build in one pass, for the readings that are as they should be. It says nothing about
 * faults; `reading-schema.ts` does, and a property test holds the two to the same answer.
 */
export function quickReading(stream: StreamDefinition): QuickReading {
  const { idField, energyField, measured } = stream;
  const numberFields = [energyField, ...Object.keys(measured)];
  const numbers = new Float64Array(ENERGY + numberFields.length);
  const build = readingBuilder(stream);

  return (input, receivedAt) => {
    const deviceId = input[idField];
    if (!isDeviceId(deviceId)) return undefined;
    const timestamp = parseTimestamp(input.timestamp);
    if (typeof timestamp !== 'number') return undefined;
    numbers[TIME] = timestamp;
    for (let index = 0; index < numberFields.length; index++) {
      const value = input[numberFields[index] as string];
      if (typeof value !== 'number') return undefined;
      numbers[ENERGY + index] = value;
    }
    return build(deviceId, numbers, receivedAt);
  };
}
