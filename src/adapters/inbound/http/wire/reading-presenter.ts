import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { measuredFields, streams } from '#domain/streams/streams';
import { DAY, type EpochMillis, floorTo, MINUTE } from '#domain/time/time';

/** The day last written, as text up to its hours: consecutive times mostly fall on the same day. */
let day: EpochMillis = Number.NaN;
let dayText = '';

/** Like `toISOString`. Throws `RangeError` if no date has this time. */
export function presentTime(time: EpochMillis): string {
  const start = floorTo(DAY, time);
  if (start !== day) {
    dayText = new Date(time).toISOString().slice(0, -'00:00:00.000Z'.length);
    day = start;
  }
  const minutes = Math.floor((time - start) / MINUTE);
  const hours = Math.floor(minutes / 60);
  // 1HHMMSSmmm: the leading 1 keeps the zeros after it.
  const digits = String(1e9 + hours * 1e7 + (minutes % 60) * 1e5 + ((time - start) % MINUTE));
  return `${dayText}${digits.slice(1, 3)}:${digits.slice(3, 5)}:${digits.slice(5, 7)}.${digits.slice(7)}Z`;
}

/** A reading with the field names of its stream on the wire, in the order of its definition. */
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
