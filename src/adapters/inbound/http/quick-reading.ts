import { isDeviceId } from '#domain/device-id';
import { milliwattHoursFromKwh } from '#domain/energy';
import type { Reading } from '#domain/reading';
import { MAX_KWH_PER_READING, type StreamDefinition } from '#domain/stream';
import type { EpochMillis } from '#domain/time';
import { parseTimestamp } from '#domain/timestamp';

/** Builds the reading of one stream from parsed JSON, or nothing when anything at all is wrong with it. */
export type QuickReading = (input: Readonly<Record<string, unknown>>, receivedAt: EpochMillis) => Reading | undefined;

/**
 * The hot path: check and build in one pass, for the readings that are as they should be. It says nothing about
 * faults; `reading-schema.ts` does, and a property test holds the two to the same answer.
 */
export function quickReading(stream: StreamDefinition): QuickReading {
  const { kind, idField, energyField } = stream;
  const measured = Object.entries(stream.measured).map(([name, { min, max }]) => ({ name, min, max }));

  return (input, receivedAt) => {
    const deviceId = input[idField];
    if (!isDeviceId(deviceId)) return undefined;
    const kwh = input[energyField];
    if (typeof kwh !== 'number' || !(kwh >= 0 && kwh <= MAX_KWH_PER_READING)) return undefined;
    const timestamp = parseTimestamp(input.timestamp);
    if (typeof timestamp !== 'number') return undefined;

    const energy = milliwattHoursFromKwh(kwh);
    const reading: Record<string, unknown> = { kind, deviceId, timestamp, energy, receivedAt };
    for (const { name, min, max } of measured) {
      const value = input[name];
      if (typeof value !== 'number' || !(value >= min && value <= max)) return undefined;
      reading[name] = value + 0; // + 0 turns -0 into 0
    }
    return reading as unknown as Reading;
  };
}
