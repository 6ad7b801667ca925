import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { type Kind, measuredFields, streams } from '#domain/streams/streams';
import { presentTime } from '../wire/reading-presenter.ts';

/** How a streamed history is written: a header, pages of readings, a trailer. */
export interface HistoryFormat {
  readonly contentType: string;
  readonly header: (kind: Kind) => string;
  readonly page: (readings: readonly Reading[]) => string;
  /** Marks the history as complete, with the number of readings. */
  readonly trailer: (readings: number) => string;
}

/** A reading without its device, which the request names. */
export function presentHistoryReading(reading: Reading): Record<string, string | number> {
  const shown: Record<string, string | number> = {
    timestamp: presentTime(reading.timestamp),
    [streams[reading.kind].energyField]: kwhFromMilliwattHours(reading.energy),
  };
  for (const field of measuredFields(reading.kind)) shown[field] = measuredValue(reading, field);
  shown.receivedAt = presentTime(reading.receivedAt);
  return shown;
}

const ndjson: HistoryFormat = {
  contentType: 'application/x-ndjson',
  header: () => '',
  page: (readings) => readings.map((reading) => `${JSON.stringify(presentHistoryReading(reading))}\n`).join(''),
  trailer: (readings) => `${JSON.stringify({ end: true, readings })}\n`,
};

/** Times and numbers need no quotes. */
const csv: HistoryFormat = {
  contentType: 'text/csv; charset=utf-8',
  header: (kind) => `${['timestamp', streams[kind].energyField, ...measuredFields(kind), 'receivedAt'].join(',')}\n`,
  page: (readings) =>
    readings.map((reading) => `${Object.values(presentHistoryReading(reading)).join(',')}\n`).join(''),
  trailer: (readings) => `# end, ${readings} readings\n`,
};

export const historyFormats: ReadonlyMap<string, HistoryFormat> = new Map([
  ['application/x-ndjson', ndjson],
  ['text/csv', csv],
]);
