import { milliwattHoursFromKwh } from '../energy/energy.ts';
import { numberFields, type StreamDefinition } from '../streams/stream.ts';
import type { EpochMillis } from '../time/time.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import { type AcceptedTime, acceptedTimeFault } from './accepted-time.ts';
import { isDeviceId } from './device-id.ts';
import type { Fields } from './fields.ts';
import { type Rejected, rejected } from './ingest-outcome.ts';
import type { Reading } from './reading.ts';
import { readingFaults } from './reading-faults.ts';
import { withinBounds } from './value-bounds.ts';

/** Places among the numbers of a reading: epoch milliseconds, kWh, then the measured fields in the stream's order. */
export const TIME = 0;
export const ENERGY = 1;
const MEASURED = 2;

/** The one way to make a reading of one stream from what a device sent. */
export interface ReadingMaker {
  /**
   * Makes a reading of a valid id, a valid time and other numbers, each in its place and as it was sent. `undefined` if
   * the time is not accepted, or another number is out of its bounds, infinite or NaN: `fromFields` lists such faults.
   * Keeps no reference to the array; a number that counts as its bound is replaced by it.
   */
  readonly fromNumbers: (deviceId: string, numbers: Float64Array, receivedAt: EpochMillis) => Reading | undefined;
  /** Makes a reading of fields of any type, or lists all of their faults. Fields that the stream lacks are ignored. */
  readonly fromFields: (fields: Fields, receivedAt: EpochMillis) => Reading | Rejected;
}

export function readingMaker(stream: StreamDefinition, acceptedTime: AcceptedTime): ReadingMaker {
  const { idField, kind } = stream;
  const names = numberFields(stream).map(({ name }) => name);
  const sent = new Float64Array(ENERGY + names.length);
  const fromNumbers = numbersReader(stream, acceptedTime);
  const faultsOf = readingFaults(stream, acceptedTime);

  return {
    fromNumbers,
    fromFields: (fields, receivedAt) => {
      const deviceId = fields[idField];
      const timestamp = parseTimestamp(fields.timestamp);
      let reading: Reading | undefined;
      if (isDeviceId(deviceId) && typeof timestamp === 'number') {
        sent[TIME] = timestamp;
        for (const [index, name] of names.entries()) {
          const value = fields[name];
          sent[ENERGY + index] = typeof value === 'number' ? value : Number.NaN;
        }
        reading = fromNumbers(deviceId, sent, receivedAt);
      }
      if (reading !== undefined) return reading;
      return rejected(faultsOf(fields, receivedAt), { kind, ...(typeof deviceId === 'string' && { deviceId }) });
    },
  };
}

/** The hot path: one function, because a call of a second one would take 3% of all parsing. */
function numbersReader(stream: StreamDefinition, acceptedTime: AcceptedTime): ReadingMaker['fromNumbers'] {
  const { kind } = stream;
  const bounds = numberFields(stream);
  // Only finite numbers are valid, even in a field without bounds.
  const min = Float64Array.from(bounds, (field) => Math.max(field.min, -Number.MAX_VALUE));
  const max = Float64Array.from(bounds, (field) => Math.min(field.max, Number.MAX_VALUE));
  const names = Object.keys(stream.measured);
  const [first = '', second = ''] = names;

  return (deviceId, numbers, receivedAt) => {
    for (let field = 0; field < min.length; field++) {
      const value = numbers[ENERGY + field] as number;
      if (value >= (min[field] as number) && value <= (max[field] as number)) continue;
      const bound = withinBounds(value, min[field] as number, max[field] as number);
      if (bound === undefined) return undefined;
      numbers[ENERGY + field] = bound;
    }
    const timestamp = numbers[TIME] as number;
    if (acceptedTimeFault(timestamp, receivedAt, acceptedTime) !== undefined) return undefined;
    const energy = milliwattHoursFromKwh(numbers[ENERGY] as number);
    let reading: Record<string, unknown>;
    // Written out for one and two fields: a literal takes half the time of an object that fields are added to. Adding 0
    // turns -0 into 0.
    if (names.length === 1) {
      reading = { kind, deviceId, timestamp, energy, receivedAt, [first]: (numbers[MEASURED] as number) + 0 };
    } else if (names.length === 2) {
      const one = (numbers[MEASURED] as number) + 0;
      const two = (numbers[MEASURED + 1] as number) + 0;
      reading = { kind, deviceId, timestamp, energy, receivedAt, [first]: one, [second]: two };
    } else {
      reading = { kind, deviceId, timestamp, energy, receivedAt };
      for (const [index, name] of names.entries()) reading[name] = (numbers[MEASURED + index] as number) + 0;
    }
    // The only cast to a reading: the compiler does not follow field names that are values.
    return reading as unknown as Reading;
  };
}
