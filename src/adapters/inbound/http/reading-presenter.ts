import { kwhFromMilliwattHours } from '#domain/energy';
import { measuredValue, type Reading } from '#domain/reading';
import { measuredFields, streams } from '#domain/streams';
import type { EpochMillis } from '#domain/time';

export function presentTime(time: EpochMillis): string {
  return new Date(time).toISOString();
}

/** A reading under the names its stream has on the wire, in the order of its definition. */
export function presentReading(reading: Reading): Record<string, unknown> {
  const { idField, energyField } = streams[reading.kind];
  const shown: Record<string, unknown> = {
    [idField]: reading.deviceId,
    [energyField]: kwhFromMilliwattHours(reading.energy),
  };
  for (const field of measuredFields(reading.kind)) shown[field] = measuredValue(reading, field);
  shown.timestamp = presentTime(reading.timestamp);
  shown.receivedAt = presentTime(reading.receivedAt);
  return shown;
}
