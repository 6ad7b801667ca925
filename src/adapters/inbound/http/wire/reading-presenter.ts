import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { measuredFields, streams } from '#domain/streams/streams';
import { DAY, type EpochMillis, floorTo, MINUTE } from '#domain/time/time';

/** Days as text up to their hours. A list mostly shows few days: those of the timestamps and that of arrival. */
const dayTexts = new Map<EpochMillis, string>();
const MAX_DAY_TEXTS = 64;

/** Like `toISOString`. Throws `RangeError` if no date has this time. */
export function presentTime(time: EpochMillis): string {
  const day = floorTo(DAY, time);
  const minutes = Math.floor((time - day) / MINUTE);
  const hours = Math.floor(minutes / 60);
  // 1HHMMSSmmm: the leading 1 keeps the zeros after it.
  const digits = String(1e9 + hours * 1e7 + (minutes % 60) * 1e5 + ((time - day) % MINUTE));
  return `${dayText(day, time)}${digits.slice(1, 3)}:${digits.slice(3, 5)}:${digits.slice(5, 7)}.${digits.slice(7)}Z`;
}

function dayText(day: EpochMillis, time: EpochMillis): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  const text = new Date(time).toISOString().slice(0, -'00:00:00.000Z'.length);
  if (dayTexts.size === MAX_DAY_TEXTS) dayTexts.clear();
  dayTexts.set(day, text);
  return text;
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
