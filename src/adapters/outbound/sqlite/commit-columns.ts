import { measuredValue, type Reading } from '#domain/reading';
import { streamTables } from './stream-tables.ts';

/**
 * The readings of one commit on their way to the writer thread: one array of numbers that changes hands without a
 * copy, and one string of ids. A thousand objects would each be cloned.
 *
 * Row `i` is `numbers[i * ROW_WIDTH ...]`: stream number, timestamp, energy, receivedAt, measured fields in the
 * stream's order.
 */
export interface CommitColumns {
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Device ids, one a row, separated by `ID_SEPARATOR`, which no id can contain. */
  readonly ids: string;
}

export const STREAM = 0;
export const TIMESTAMP = 1;
/** Where the values of a row begin, in the order of `valueColumns`. */
export const VALUES = 2;
const MEASURED = 4;
export const ROW_WIDTH = MEASURED + Math.max(...streamTables.map(({ measured }) => measured.length));
export const ID_SEPARATOR = '\n';

const streamNumbers = new Map(streamTables.map(({ kind }, number) => [kind, number]));

export function toColumns(readings: readonly Reading[]): CommitColumns {
  const numbers = new Float64Array(readings.length * ROW_WIDTH);
  let ids = '';
  let at = 0;
  for (const reading of readings) {
    const stream = streamNumbers.get(reading.kind) as number;
    numbers[at + STREAM] = stream;
    numbers[at + TIMESTAMP] = reading.timestamp;
    numbers[at + VALUES] = reading.energy;
    numbers[at + VALUES + 1] = reading.receivedAt;
    const measured = streamTables[stream]?.measured ?? [];
    for (let field = 0; field < measured.length; field++) {
      numbers[at + MEASURED + field] = measuredValue(reading, measured[field] as string);
    }
    ids += at === 0 ? reading.deviceId : ID_SEPARATOR + reading.deviceId;
    at += ROW_WIDTH;
  }
  return { numbers, ids };
}
