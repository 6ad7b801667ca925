import { kwhFromMilliwattHours } from '#domain/energy';
import { measuredValue, type Reading } from '#domain/reading';
import { measuredFields, streams } from '#domain/streams';
import { type EpochMillis, floorTo, MINUTE } from '#domain/time';

/** The minute written last, up to its seconds: readings that are written one after another are mostly of the same. */
let minute: EpochMillis = Number.NaN;
let minuteText = '';

/** As `toISOString` writes it. Throws `RangeError` when no date is so far away. */
export function presentTime(time: EpochMillis): string {
  const start = floorTo(MINUTE, time);
  if (start !== minute) {
    minuteText = new Date(start).toISOString().slice(0, -'00.000Z'.length);
    minute = start;
  }
  const digits = String(100_000 + time - start);
  return `${minuteText}${digits.slice(1, 3)}.${digits.slice(3)}Z`;
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
